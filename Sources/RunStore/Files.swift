import Foundation
import Synchronization

/// Writes a file whole or not at all: beside, synced, renamed over, and the folder synced, so that a crash at any
/// moment leaves either the old file or the new one.
///
/// Throws ``RunStoreError/system`` with the system's reason, for example that the disk is full. Under a file-size
/// limit the system raises SIGXFSZ: a program that wants the error instead ignores that signal.
public func writeAtomically(_ data: Data, to url: URL) throws {
  let path = url.path(percentEncoded: false)
  let folder = url.deletingLastPathComponent().path(percentEncoded: false)
  let number = unfinishedCount.add(1, ordering: .relaxed).newValue
  let beside = url.deletingLastPathComponent()
    .appending(path: "\(unfinishedPrefix)\(url.lastPathComponent).\(getpid()).\(number)")
    .path(percentEncoded: false)
  do {
    let file = try OpenFile(beside, O_WRONLY | O_CREAT | O_EXCL, as: path)
    try data.withUnsafeBytes { try file.write($0) }
    try file.sync()
    guard rename(beside, path) == 0 else { throw RunStoreError.system("write", path) }
  } catch {
    unlink(beside)
    throw error
  }
  try OpenFile(folder, O_RDONLY | O_DIRECTORY, as: folder).sync()
}

/// What the files that ``writeAtomically(_:to:)`` has not renamed yet begin with.
let unfinishedPrefix = ".unfinished."
private let unfinishedCount = Atomic(0)

/// The bytes of a file.
func readFile(_ url: URL) throws -> Data {
  let file = try OpenFile(url.path(percentEncoded: false), O_RDONLY, as: url.relativePath)
  return try file.read(from: 0)
}

/// The text of a file. Throws ``RunStoreError/badFile`` where it is not UTF-8.
public func readText(_ url: URL) throws -> String {
  guard let text = String(validating: try readFile(url), as: UTF8.self) else {
    throw RunStoreError.badFile(path: url.relativePath, line: nil, reason: "it is not text in UTF-8")
  }
  return text
}

/// Makes a folder and those above it.
func makeFolders(_ url: URL) throws {
  let path = url.path(percentEncoded: false)
  if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
  guard errno == ENOENT, url.pathComponents.count > 1 else { throw RunStoreError.system("create", url.relativePath) }
  try makeFolders(url.deletingLastPathComponent())
  if mkdir(path, 0o777) != 0 && errno != EEXIST { throw RunStoreError.system("create", url.relativePath) }
}

/// A file descriptor that closes itself.
struct OpenFile: ~Copyable {
  let descriptor: Int32
  /// The path that errors name.
  let name: String

  init(_ path: String, _ flags: Int32, as name: String) throws {
    descriptor = open(path, flags | O_CLOEXEC, 0o666)
    self.name = name
    if descriptor < 0 { throw RunStoreError.system(flags & O_CREAT != 0 ? "write" : "read", name) }
  }

  deinit { close(descriptor) }

  /// Writes all bytes, in one call unless the system takes only a part.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
      if written < 0 && errno != EINTR { throw RunStoreError.system("write", name) }
      rest = rest.dropFirst(max(0, written))
    }
  }

  /// Writes all bytes at the end; where that fails, takes back the part that was written.
  func append(_ bytes: some ContiguousBytes) throws {
    let before = try size()
    do {
      try bytes.withUnsafeBytes { try write($0) }
    } catch {
      ftruncate(descriptor, off_t(before))
      throw error
    }
  }

  func sync() throws {
    if fsync(descriptor) != 0 { throw RunStoreError.system("write", name) }
  }

  func size() throws -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw RunStoreError.system("read", name) }
    return Int(status.st_size)
  }

  func truncate(to size: Int) throws {
    if ftruncate(descriptor, off_t(size)) != 0 { throw RunStoreError.system("write", name) }
  }

  /// Reads what lies at an offset, as many bytes as there is room for or are there; returns how many.
  func read(into room: UnsafeMutableRawBufferPointer, from offset: Int) throws -> Int {
    while true {
      let got = pread(descriptor, room.baseAddress, room.count, off_t(offset))
      if got >= 0 { return got }
      if errno != EINTR { throw RunStoreError.system("read", name) }
    }
  }

  /// The bytes from an offset to the end.
  func read(from offset: Int) throws -> Data {
    let expected = max(0, try size() - offset)
    var data = Data(count: expected)
    var count = 0
    while count < expected {
      let got = data.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + count, expected - count, off_t(offset + count))
      }
      if got < 0 && errno != EINTR { throw RunStoreError.system("read", name) }
      // The file may have been cut short in the meantime.
      if got == 0 { break }
      count += max(0, got)
    }
    return data.prefix(count)
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}

/// What tells that a file is another or has changed since.
struct FileMark: Sendable, Equatable {
  let device: UInt64
  let inode: UInt64
  let size: Int
  /// Seconds since 1970.
  let modified: Double

  /// `nil` where there is no such file.
  init?(_ url: URL) {
    var status = stat()
    guard stat(url.path(percentEncoded: false), &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    modified = Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Whether a change in the same tick of the file system's clock can no longer happen.
  var isSettled: Bool { Date().timeIntervalSince1970 - modified > 0.1 }
}
