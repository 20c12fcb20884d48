/// What can go wrong with a terminal, each as one line for the person who reads it.
public enum TerminalError: Error, Equatable, CustomStringConvertible {
  /// ncurses does not know how to drive it.
  case unusable(term: String)
  /// It went away while it was in use.
  case lost
  /// An episode without states, or with one that its environment does not accept, cannot be drawn.
  case emptyEpisode(String)
  /// Actions that a keyboard cannot choose among.
  case unplayable(String)
  /// A recording whose world does not lead to its states, from this step on.
  case otherWorld(step: Int)

  public var description: String {
    switch self {
    case .unusable(let term):
      "the terminal '\(term)' cannot show a dashboard; set TERM to what it is, or use --dashboard off"
    case .lost: "the terminal is gone; a run goes on with rlgym train --resume, and shows with rlgym watch"
    case .unplayable(let actions):
      "its actions are \(actions); a keyboard plays discrete ones, or one number between bounds"
    case .otherWorld(let step): "its world gives another state at step \(step) than was recorded"
    case .emptyEpisode(let title): "episode \(title) has no steps to show"
    }
  }
}
