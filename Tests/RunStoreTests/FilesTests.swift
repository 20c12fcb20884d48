import Foundation
import Testing

@testable import RunStore

@Suite struct FilesTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  @Test func aFileIsReplacedWhole() throws {
    for text in ["first, and longer", "second", ""] {
      try writeAtomically(Data(text.utf8), to: folder["file"])
      #expect(try readText(folder["file"]) == text)
    }
    #expect(folder.names == ["file"])
  }

  @Test func aReaderOfTheOldFileKeepsIt() throws {
    try writeAtomically(Data("old".utf8), to: folder["file"])
    let open = try FileHandle(forReadingFrom: folder["file"])
    try writeAtomically(Data("new".utf8), to: folder["file"])
    #expect(try open.readToEnd() == Data("old".utf8))
  }

  @Test func aFailureLeavesNothingBehind() throws {
    try FileManager.default.createDirectory(at: folder["taken/inside"], withIntermediateDirectories: true)
    let error = storeError { try writeAtomically(Data("x".utf8), to: folder["taken"]) }
    #expect(error?.description.hasPrefix("cannot write ") == true)
    #expect(folder.names == ["taken"])
    let missing = storeError { try writeAtomically(Data("x".utf8), to: folder["no/file"]) }
    #expect(missing?.description.hasSuffix("no/file: No such file or directory") == true)
  }

  /// A limit on the size of files stands for a full disk; a child process has it to itself.
  @Test func aFullDiskKeepsTheOldFileAndWholeRows() async {
    await #expect(processExitsWith: .success) {
      let folder = try Folder()
      try writeAtomically(Data("old".utf8), to: folder["file"])
      var writer = try MetricsWriter(appendingTo: folder["metrics.jsonl"], keepingStepsUpTo: nil)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
      #if os(Linux)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      #else
        setrlimit(RLIMIT_FSIZE, &limit)
      #endif
      let error = storeError { try writeAtomically(Data(count: 5000), to: folder["file"]) }
      try #require(error?.description.hasSuffix("file: File too large") == true)
      try #require(try readText(folder["file"]) == "old")

      var failure: (any Error)?
      var rows = 0
      while failure == nil && rows < 100 {
        do {
          try writer.append(MetricsRow(step: rows, time: 0, values: ["x": 0.125]))
          rows += 1
        } catch {
          failure = error
        }
      }
      try #require("\(failure as Any)".contains("metrics.jsonl"))
      var tail = MetricsTail(folder["metrics.jsonl"])
      try #require(tail.poll().count == rows)
      try #require(try readText(folder["metrics.jsonl"]).hasSuffix("\n"))
      try #require(folder.names == ["file", "metrics.jsonl"])
    }
  }

  @Test func foldersAreMadeToAnyDepth() throws {
    try makeFolders(folder["a/b/c"])
    try makeFolders(folder["a/b/c"])
    #expect(FileManager.default.fileExists(atPath: folder["a/b/c"].path()))
    try Data().write(to: folder["file"])
    #expect(storeError { try makeFolders(folder["file/sub"]) }?.description.contains("Not a directory") == true)
  }

  @Test func textMustBeUTF8() throws {
    try Data([0x61, 0xff]).write(to: folder["file"])
    #expect(storeError { _ = try readText(folder["file"]) }?.description.hasSuffix("UTF-8") == true)
  }
}

@Suite struct DiskWriterTests {
  @Test func flushWaitsAndTheLastOneStays() throws {
    let folder = try Folder()
    let disk = DiskWriter()
    for i in 0..<20 { disk.write(Data("\(i)".utf8), to: folder["file"]) }
    try disk.flush()
    #expect(try readText(folder["file"]) == "19")
    #expect(disk.failure == nil)
  }

  @Test func theFirstFailureStaysAndLaterFilesAreWritten() throws {
    let folder = try Folder()
    let disk = DiskWriter()
    disk.write(Data(), to: folder["no/first"])
    disk.write(Data(), to: folder["no/second"])
    disk.write(Data("x".utf8), to: folder["third"])
    let error = storeError { try disk.flush() }
    #expect(error?.description.contains("no/first") == true)
    #expect(disk.failure != nil)
    #expect(try readText(folder["third"]) == "x")
    #expect(storeError { try disk.flush() } == error)
  }
}
