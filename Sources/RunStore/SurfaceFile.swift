import Foundation
import RLCore

/// `surface.json`: a learner's state values over a world of one or two numbers,
/// `{"low": [1 or 2], "high": [1 or 2], "rows", "columns", "v": [rows][columns]}`, the points lying evenly from bound to
/// bound: the first number along a row, the second from row to row.
public enum SurfaceFile {
  /// The same surface gives the same bytes.
  public static func encode(_ surface: Surface) -> Data {
    func list(_ values: some Collection<some CustomStringConvertible>) -> String {
      "[" + values.map(\.description).joined(separator: ",") + "]"
    }
    let rows = (0..<surface.rows).map { list(surface.v[$0 * surface.columns..<($0 + 1) * surface.columns]) }
    let json = """
      {"low":\(list(surface.low)),"high":\(list(surface.high)),"rows":\(surface.rows),"columns":\(surface.columns),
      "v":[
      \(rows.joined(separator: ",\n"))
      ]}

      """
    return Data(json.utf8)
  }

  /// Throws ``RunStoreError/badFile`` where it is not JSON of this form or its numbers do not fit together.
  public static func read(_ url: URL) throws -> Surface {
    let data = try readFile(url)
    func bad(_ reason: String) -> RunStoreError { .badFile(path: url.relativePath, line: nil, reason: reason) }
    do {
      let fields = try JSONDecoder().decode(Fields.self, from: data)
      let axes = fields.low.count
      guard (1...2).contains(axes), fields.high.count == axes, zip(fields.low, fields.high).allSatisfy({ $0 < $1 })
      else {
        throw bad("its bounds are not one or two numbers, each low below its high")
      }
      guard fields.columns > 1, axes == 1 ? fields.rows == 1 : fields.rows > 1, fields.v.count == fields.rows,
        fields.v.allSatisfy({ $0.count == fields.columns })
      else { throw bad("its values are not of \(fields.rows) rows and \(fields.columns) columns") }
      return Surface(
        low: fields.low, high: fields.high, rows: fields.rows, columns: fields.columns, v: fields.v.flatMap(\.self))
    } catch is DecodingError {
      throw bad("expected {\"low\", \"high\", \"rows\", \"columns\", \"v\"} with a table of numbers")
    }
  }

  private struct Fields: Decodable {
    let low: [Double]
    let high: [Double]
    let rows: Int
    let columns: Int
    let v: [[Float]]
  }
}
