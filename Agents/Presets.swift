/// The tuned settings that travel with rlgym: one YAML file an agent, one section an environment. The first section's
/// environment is the agent's default.
public enum Presets {
  // Embedding cannot be listed and renames `-` and `.` to `_`: so one line an agent.
  private static let files: [String: [UInt8]] = [
    "ddpg": PackageResources.ddpg_yaml,
    "q-learning": PackageResources.q_learning_yaml,
    "value-iteration": PackageResources.value_iteration_yaml,
  ]

  /// The preset file of an agent, as text; `nil` where there is none.
  public static func yaml(of agent: String) -> String? { files[agent].map { String(decoding: $0, as: UTF8.self) } }
}
