/// A short dictionary that keeps the order in which its keys came: settings and metrics are written as they were
/// declared. Its interface is a part of swift-collections' type of the same name.
public struct OrderedDictionary<Key: Hashable, Value> {
  /// A scan beats hashing for the few dozen keys of a row or a section.
  public private(set) var elements: [(key: Key, value: Value)] = []

  public init() {}

  public init(uniqueKeysWithValues pairs: some Sequence<(Key, Value)>) {
    for (key, value) in pairs {
      precondition(self[key] == nil, "a key is given twice")
      elements.append((key, value))
    }
  }

  public var count: Int { elements.count }
  public var isEmpty: Bool { elements.isEmpty }
  public var keys: [Key] { elements.map(\.key) }
  public var values: [Value] { elements.map(\.value) }

  public subscript(key: Key) -> Value? {
    get { elements.first { $0.key == key }?.value }
    set {
      let index = elements.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): elements[index].value = value
      case (let index?, nil): elements.remove(at: index)
      case (nil, let value?): elements.append((key, value))
      case (nil, nil): break
      }
    }
  }
}

extension OrderedDictionary: Sequence {
  public func makeIterator() -> IndexingIterator<[(key: Key, value: Value)]> { elements.makeIterator() }
}

extension OrderedDictionary: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral pairs: (Key, Value)...) { self.init(uniqueKeysWithValues: pairs) }
}

extension OrderedDictionary: Sendable where Key: Sendable, Value: Sendable {}

extension OrderedDictionary: Equatable where Value: Equatable {
  /// Order counts.
  public static func == (a: Self, b: Self) -> Bool { a.elements.elementsEqual(b.elements) { $0 == $1 } }
}
