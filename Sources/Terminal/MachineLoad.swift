import Foundation

/// How busy the machine is.
struct MachineLoad: Sendable, Equatable {
  /// Programs that ran or waited for a core, on average over the last minute.
  var average: Double
  var cores: Int

  /// Of the cores that are there, 1 where none is free.
  var share: Double { average / Double(max(cores, 1)) }
}

extension MachineLoad {
  /// As it is now; `nil` where the system does not say.
  init?() {
    var average = 0.0
    guard getloadavg(&average, 1) == 1 else { return nil }
    self.init(average: average, cores: ProcessInfo.processInfo.activeProcessorCount)
  }
}
