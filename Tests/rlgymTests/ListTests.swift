import Testing

@Suite struct ListTests {
  @Test func agentsAndEnvironments() throws {
    let folder = try Folder()
    let agents = try folder.run("list", "agents")
    #expect(agents.code == 0 && agents.errors == "")
    #expect(agents.outputLines.map { $0.prefix { $0 != " " } }.contains("ddpg"))
    let envs = try folder.run("list", "envs").outputLines.map { String($0.prefix { $0 != " " }) }
    for id in ["Pendulum-v1", "CartPole-v1", "FrozenLake-v1", "CliffWalking-v1", "Zhao-5x5"] {
      #expect(envs.contains(id))
    }
  }

  @Test func runsNewestFirst() throws {
    let folder = try Folder()
    let empty = try folder.run("list", "runs")
    #expect(empty.code == 0 && empty.output == "" && empty.errors.contains("there are no runs in Runs yet"))
    for name in ["a", "b"] { #expect(try folder.run(Quick.valueIteration + ["--name", name]).code == 0) }
    let listed = try folder.run("list", "runs")
    #expect(listed.outputLines.map { $0.prefix(1) } == ["b", "a"])
    #expect(listed.outputLines[0].contains("finished  step 241  best eval"))
    #expect(try folder.run("list", "runs", "--json").keys() == ["runs"])
    // What is not a run is passed over.
    try folder.write("x", to: "Runs/file")
    #expect(try folder.run("list", "runs").outputLines.count == 2)
  }

  @Test func aReaderMayLeave() throws {
    let folder = try Folder()
    let running = try folder.start(["list", "envs"], shell: "exec 2>&1; exec >&-")
    #expect(try running.finish().code != 132)
    let full = try folder.start(["list", "nosuch"], shell: "exec 2>/dev/full")
    #expect(try full.finish().code == 64)
  }
}
