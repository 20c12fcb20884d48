public import OrderedCollections

/// Settings and metrics keep the order in which they were declared, in every file and on every screen.
public typealias OrderedDictionary<Key: Hashable, Value> = OrderedCollections.OrderedDictionary<Key, Value>
