import RLCore
import Testing

@Suite struct TensorTests {
  @Test(
    arguments: [
      .float32([1, 2, 3, 4, 5, 6]), .float64([1, 2, 3, 4, 5, 6]), .int64([1, 2, 3, 4, 5, 6]),
    ] as [Tensor.Values])
  func rowsAndDoubles(_ values: Tensor.Values) {
    let tensor = Tensor(shape: [3, 2], values: values)
    #expect(tensor.count == 6)
    #expect(tensor.doubles == [1, 2, 3, 4, 5, 6])
    #expect((0..<3).map(tensor.row) == [[1, 2], [3, 4], [5, 6]])
  }

  @Test func unsignedIntegersAreNumbersToo() {
    let tensor = Tensor(shape: [2], values: .uint64([1, 2]))
    #expect(tensor.doubles == [1, 2])
    #expect(tensor.row(1) == [2])
  }

  @Test func booleansAreNoughtAndOne() {
    let tensor = Tensor(shape: [2], values: .bool([false, true]))
    #expect(tensor.doubles == [0, 1])
    #expect(tensor.row(1) == [1])
  }

  @Test func aShapeHoldsItsValues() async {
    await #expect(processExitsWith: .failure) { _ = Tensor(shape: [2, 2], values: .bool([true])) }
  }
}
