import ArgumentParser
import Foundation
import Networks
import RLCore

/// The version that runs and checkpoints carry.
let version = "0.1.0"

struct Rlgym: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rlgym", abstract: "A reinforcement-learning gym and trainer for the terminal.", version: version,
    subcommands: [
      Train.self, Watch.self, Replay.self, Play.self, Evaluate.self, Rollout.self, List.self, Describe.self,
      Compare.self, Label.self, Reproduce.self, Benchmark.self,
    ])
}

/// The whole program: reads the command line, does what it says and exits with DESIGN's codes. `environments` join the
/// catalogue, so that a package of your own has every command for them.
@MainActor public func runProgram(with environments: [EnvironmentEntry] = []) -> Never {
  Catalog.register(environments)
  Main.run()
}

private enum Main {
  @MainActor static func run() -> Never {
    Interruption.prepare()
    BLAS.setThreads(1)
    do {
      try refuseUnknownCommand()
      var command = try Rlgym.parseAsRoot()
      if let screen = command as? any ScreenCommand {
        Interruption.listen()
        try screen.runOnScreen()
      } else {
        try command.run()
      }
    } catch let exit as ExitCode {
      leave(exit.rawValue)
    } catch let error as UsageError {
      fail(error, code: 64)
    } catch  where Rlgym.exitCode(for: error) == .success || error is CleanExit {
      Rlgym.exit(withError: error)
    } catch  where Rlgym.exitCode(for: error) == .validationFailure {
      // ArgumentParser's message without its usage text: one line is enough to mend a command.
      fail(Rlgym.message(for: error), code: 64)
    } catch {
      fail(error, code: 1)
    }
    leave(0)
  }

  /// The parser would only call it unexpected.
  private static func refuseUnknownCommand() throws {
    guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), word != "help" else { return }
    let names = Rlgym.configuration.subcommands.map { $0._commandName }
    guard !names.contains(word) else { return }
    let nearest = nearestNames(to: word, in: names)
    throw UsageError(
      "there is no command '\(word)'" + (nearest.isEmpty ? "; see them all with: rlgym --help" : suggestion(nearest)))
  }

  private static func fail(_ error: some CustomStringConvertible, code: Int32) -> Never {
    printError("rlgym: \(error)")
    leave(code)
  }

  private static func fail(_ error: any Error, code: Int32) -> Never {
    printError("rlgym: \(error)")
    leave(code)
  }

  private static func leave(_ code: Int32) -> Never {
    fflush(nil)
    exit(code)
  }
}

/// A command that may take over the terminal, which belongs to the main actor, and that ends itself when
/// ``Interruption`` says so.
protocol ScreenCommand: ParsableCommand {
  @MainActor func runOnScreen() throws
}

/// A mistake in what was asked for: exit code 64.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// What `body` throws becomes a usage error: for names, settings and files that a person gave.
  static func of<Result>(_ prefix: String = "", _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as UsageError { throw error } catch {
      throw UsageError(prefix + "\(error)")
    }
  }
}
