/// The tuned settings that travel with rlgym: one YAML file an agent, one section an environment. The first section's
/// environment is the agent's default.
public enum Presets {
  // Embedding cannot be listed and renames `-` and `.` to `_`: so one line an agent.
  private static let files: [String: [UInt8]] = [
    "batch": PackageResources.batch_yaml,
    "ddpg": PackageResources.ddpg_yaml,
    "double-q-learning": PackageResources.double_q_learning_yaml,
    "dqn": PackageResources.dqn_yaml,
    "dyna-prioritized": PackageResources.dyna_prioritized_yaml,
    "dyna-q": PackageResources.dyna_q_yaml,
    "dyna-q-plus": PackageResources.dyna_q_plus_yaml,
    "epsilon-greedy": PackageResources.epsilon_greedy_yaml,
    "expected-sarsa": PackageResources.expected_sarsa_yaml,
    "gradient-bandit": PackageResources.gradient_bandit_yaml,
    "lambda-return": PackageResources.lambda_return_yaml,
    "linear-sarsa": PackageResources.linear_sarsa_yaml,
    "mc-basic": PackageResources.mc_basic_yaml,
    "mc-epsilon-greedy": PackageResources.mc_epsilon_greedy_yaml,
    "mc-exploring-starts": PackageResources.mc_exploring_starts_yaml,
    "mc-prediction": PackageResources.mc_prediction_yaml,
    "n-step-sarsa": PackageResources.n_step_sarsa_yaml,
    "n-step-td": PackageResources.n_step_td_yaml,
    "off-policy-mc-control": PackageResources.off_policy_mc_control_yaml,
    "off-policy-mc-prediction": PackageResources.off_policy_mc_prediction_yaml,
    "optimistic": PackageResources.optimistic_yaml,
    "policy-evaluation": PackageResources.policy_evaluation_yaml,
    "policy-iteration": PackageResources.policy_iteration_yaml,
    "prioritized-sweeping": PackageResources.prioritized_sweeping_yaml,
    "q-learning": PackageResources.q_learning_yaml,
    "q-sigma": PackageResources.q_sigma_yaml,
    "relative-value-iteration": PackageResources.relative_value_iteration_yaml,
    "sarsa": PackageResources.sarsa_yaml,
    "sarsa-lambda": PackageResources.sarsa_lambda_yaml,
    "td": PackageResources.td_yaml,
    "td-lambda": PackageResources.td_lambda_yaml,
    "tree-backup": PackageResources.tree_backup_yaml,
    "true-online-td-lambda": PackageResources.true_online_td_lambda_yaml,
    "truncated-policy-iteration": PackageResources.truncated_policy_iteration_yaml,
    "ucb": PackageResources.ucb_yaml,
    "value-iteration": PackageResources.value_iteration_yaml,
  ]

  /// The preset file of an agent, as text; `nil` where there is none.
  public static func yaml(of agent: String) -> String? { files[agent].map { String(decoding: $0, as: UTF8.self) } }
}
