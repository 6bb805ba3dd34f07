package io.llamamesh.agent.main;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The agent's programs. */
@Command(
    name = "llama-mesh",
    mixinStandardHelpOptions = true,
    version = "llama-mesh 0.1.0",
    description = "Measures loss and latency between machines with UDP probes.",
    subcommands = {AgentCommand.class},
    footer = {"", "Exit codes: 0 done, 1 cannot start or went wrong, 2 wrong use."})
public final class AgentMain {

  private AgentMain() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String[] args) {
    return new CommandLine(new AgentMain())
        .setExecutionExceptionHandler((e, command, parsed) -> {
          command.getErr().println("llama-mesh: " + e.getMessage());
          return 1;
        })
        .execute(args);
  }
}
