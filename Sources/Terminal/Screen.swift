import CNcurses
import Foundation

/// The terminal in ncurses' hands from `init` to `deinit`: the only place that knows ncurses.
///
/// One at a time, on the main thread, which is also where Linux delivers Ctrl-Z. ncurses handles suspending and
/// resizing; SIGINT and SIGTERM stay with whoever installed a handler before, and without one ncurses restores the
/// terminal and ends the process.
@MainActor struct Screen: ~Copyable {
  private let screen: OpaquePointer
  private let window: UnsafeMutablePointer<WINDOW>
  private let input: UnsafeMutablePointer<FILE>
  private let output: UnsafeMutablePointer<FILE>
  private let palette: Palette
  private let isASCII: Bool
  private var pairs: [UInt16: Int16] = [:]
  private var shown = Frame(width: 0, height: 0)
  /// What the mouse did and nobody has been told, the latest first.
  private var untold: [Key] = []

  /// Takes the terminal over. Throws ``TerminalError/unusable`` where ncurses cannot drive it.
  init() throws(TerminalError) {
    let term = getenv("TERM").map { String(cString: $0) } ?? ""
    // The Linux console's font has no braille.
    isASCII = !isUTF8() || term == "linux"
    guard hasUsableTerminal() else { throw .unusable(term: term) }

    // Streams of our own: newterm keeps them, and standard output's buffer is not ours.
    let (inputFile, outputFile) = (dup(STDIN_FILENO), dup(STDOUT_FILENO))
    guard let input = fdopen(inputFile, "r") else {
      close(inputFile)
      close(outputFile)
      throw .unusable(term: term)
    }
    guard let output = fdopen(outputFile, "w") else {
      fclose(input)
      close(outputFile)
      throw .unusable(term: term)
    }
    var modes = termios()
    tcgetattr(STDIN_FILENO, &modes)
    // Not initscr, which ends the process when TERM is unknown.
    guard let screen = Self.terminal(term, output, input), let window = newwin(0, 0, 0, 0) else {
      fclose(input)
      fclose(output)
      throw .unusable(term: term)
    }
    self.input = input
    self.output = output
    self.screen = screen
    self.window = window
    cbreak()
    noecho()
    nonl()
    curs_set(0)
    // How long an escape sequence may take to arrive; a slow line can ask for more.
    if getenv("ESCDELAY") == nil { set_escdelay(25) }
    keypad(window, true)
    leaveok(window, true)
    // A press counts as it comes: nobody waits to see whether it becomes a double click.
    mouseinterval(0)
    mousemask(Self.press | Self.wheelUp | Self.wheelDown, nil)
    palette = Palette()
    let isAlternate = Self.capability("smcup") != nil
    let words = ["sgr0", "rmkx", "cnorm", "rmcup"].compactMap(Self.capability)
    CrashGuard.arm(
      modes,
      saying: (Self.capability("kmous") == nil ? [] : ["\u{1b}[?1000l\u{1b}[?1006l"]) + words
        + (isAlternate ? [] : ["\r\n"]))
  }

  nonisolated private static func capability(_ name: String) -> String? {
    // −1, too, for what is no string.
    guard let text = tigetstr(name), UInt(bitPattern: text) != .max else { return nil }
    // Some carry a delay for terminals of old.
    return String(cString: text).replacing(/\$<[^>]*>/, with: "")
  }

  /// COLORTERM promises more colours than many a TERM says; then its kin with 256 is tried first.
  private static func terminal(
    _ term: String, _ output: UnsafeMutablePointer<FILE>, _ input: UnsafeMutablePointer<FILE>
  ) -> OpaquePointer? {
    let promise = getenv("COLORTERM").map { String(cString: $0) } ?? ""
    if ["truecolor", "24bit"].contains(promise), !term.contains("256color"), !term.contains("direct"),
      let screen = newterm(term + "-256color", output, input)
    {
      return screen
    }
    return newterm(nil, output, input)
  }

  deinit {
    CrashGuard.disarm()
    delwin(window)
    endwin()
    // Where the picture stays, what comes next begins below it.
    if Self.capability("smcup") == nil { fputs("\r\n", output) }
    delscreen(screen)
    fclose(input)
    fclose(output)
  }

  /// In cells.
  var bounds: Rect { Rect(x: 0, y: 0, width: Int(getmaxx(window)), height: Int(getmaxy(window))) }

  /// Shows a frame; only what changed since the last one is sent.
  mutating func present(_ frame: Frame) {
    let isNew = frame.width != shown.width || frame.height != shown.height
    if isNew { werase(window) }
    let wanted = isASCII ? frame.ascii : frame
    var text: [wchar_t] = []
    for y in 0..<wanted.height {
      var x = 0
      while x < wanted.width {
        let cell = wanted[x, y]
        if !isNew && cell == shown[x, y] {
          x += 1
          continue
        }
        let start = x
        text.removeAll(keepingCapacity: true)
        while x < wanted.width, wanted[x, y].style == cell.style, isNew || wanted[x, y] != shown[x, y] {
          text.append(wchar_t(wanted[x, y].glyph.value))
          x += 1
        }
        use(cell.style)
        mvwaddnwstr(window, Int32(y), Int32(start), text, Int32(text.count))
      }
    }
    wrefresh(window)
    shown = wanted
  }

  /// The next key, or `nil` after `milliseconds` without one. Throws ``TerminalError/lost`` when there is no keyboard
  /// any more.
  mutating func key(within milliseconds: Int) throws(TerminalError) -> Key? {
    if let event = untold.popLast() { return event }
    wtimeout(window, Int32(milliseconds))
    let code = wgetch(window)
    switch code {
    case ERR:
      // A closed terminal answers at once, for ever; one that is merely silent can still be asked.
      var modes = termios()
      if tcgetattr(STDIN_FILENO, &modes) != 0 { throw .lost }
      return nil
    case KEY_RESIZE: return .resize
    case KEY_LEFT: return .left
    case KEY_RIGHT: return .right
    case KEY_UP: return .up
    case KEY_DOWN: return .down
    case KEY_HOME: return .home
    case KEY_END: return .end
    case 10, 13, KEY_ENTER: return .enter
    case 12:
      // Ctrl-L: everything again.
      clearok(window, true)
      return nil
    case 9: return .tab
    case KEY_MOUSE:
      // Presses that come together are one key to curses, and kept with the latest first.
      while let event = Self.mouseEvent() { if let key = Self.key(of: event) { untold.append(key) } }
      return untold.popLast()
    case 27: return .escape
    case 8, 127, KEY_BACKSPACE: return .backspace
    case 32..<127: return .character(Character(Unicode.Scalar(UInt8(code))))
    default: return nil
    }
  }

  private static func mouseEvent() -> MEVENT? {
    var event = MEVENT()
    return getmouse(&event) == ERR ? nil : event
  }

  private static func key(of event: MEVENT) -> Key? {
    let (x, y) = (Int(event.x), Int(event.y))
    if event.bstate & press != 0 { return .click(x: x, y: y) }
    if event.bstate & wheelUp != 0 { return .wheel(up: true, x: x, y: y) }
    if event.bstate & wheelDown != 0 { return .wheel(up: false, x: x, y: y) }
    return nil
  }

  private mutating func use(_ style: Style) {
    var attributes: attr_t = 0
    if style.isBold { attributes |= Self.bold }
    if style.isReversed { attributes |= Self.reverse }
    if palette.dims.contains(style.paint) { attributes |= Self.dim }
    wattr_set(window, attributes, pair(style), nil)
  }

  /// The number of the colour pair, made when it is first needed; 0, the terminal's own, when there are no more.
  private mutating func pair(_ style: Style) -> Int16 {
    guard palette.count > 0 else { return 0 }
    let (front, back) = (palette.colour(style.paint), palette.colour(style.ground))
    guard front != -1 || back != -1 else { return 0 }
    let key = UInt16(truncatingIfNeeded: front) << 8 ^ UInt16(truncatingIfNeeded: back) & 0x1ff
    if let pair = pairs[key] { return pair }
    let next = pairs.count + 1
    guard next < palette.pairs, init_pair(Int16(next), front, back) != ERR else { return 0 }
    pairs[key] = Int16(next)
    return Int16(next)
  }

  // ncurses defines these by macros that Swift does not import (curses.h: NCURSES_BITS).
  private static let reverse: attr_t = 1 << 18
  private static let dim: attr_t = 1 << 20
  private static let bold: attr_t = 1 << 21
  // NCURSES_MOUSE_MASK: five bits a button, six in the first version, the second of which is a press. That had no fifth button.
  private static let press: mmask_t = 2
  private static let wheelUp: mmask_t = 2 << (NCURSES_MOUSE_VERSION > 1 ? 15 : 18)
  private static let wheelDown: mmask_t = NCURSES_MOUSE_VERSION > 1 ? 2 << 20 : 0
}

/// The colours that the terminal has for each ``Paint``: 256, 16, 8 or none.
@MainActor private struct Palette {
  let count: Int
  let pairs: Int
  /// What is dimmed for want of a colour.
  let dims: Set<Paint>
  private let colours: [Int16]

  init() {
    // https://no-color.org: set and not empty.
    let isUnwanted = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    guard !isUnwanted, has_colors(), start_color() != ERR else {
      count = 0
      pairs = 0
      dims = [.faint, .frame]
      colours = []
      return
    }
    let hasDefault = use_default_colors() != ERR
    count = Int(tigetnum("colors"))
    pairs = min(Int(tigetnum("pairs")), Int(Int16.max))
    dims = count < 16 ? [.faint, .frame] : []
    // In the order of Paint. A default of −1 keeps the terminal's own colours.
    let none: Int16 = hasDefault ? -1 : 7
    if count >= 256 {
      colours = Paint.allCases.map { $0.colour256 ?? none }
      return
    }
    let hues: [Int16] =
      count >= 16 ? [none, 8, 8, none, 12, 11, 10, 9, 14, 13] : [none, none, none, none, 6, 3, 2, 1, 4, 5]
    colours = hues + [4, 4, 4, 4, 6, 6, 3, 3] + [0, 7]
  }

  func colour(_ paint: Paint) -> Int16 { colours[Int(paint.rawValue)] }
}

/// Whether standard input and output are a terminal that can show a dashboard. Where not, print plain lines.
public func hasUsableTerminal() -> Bool {
  guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, let term = getenv("TERM") else { return false }
  return !["", "dumb"].contains(String(cString: term))
}
