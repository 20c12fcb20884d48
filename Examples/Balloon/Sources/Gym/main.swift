import Commands
import World

// Every command of rlgym, with one more environment.
runProgram(with: [EnvironmentEntry("Balloon-v0", limit: 100) { Balloon() }])
