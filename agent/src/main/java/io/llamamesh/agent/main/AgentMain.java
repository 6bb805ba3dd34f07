package io.llamamesh.agent.main;

import io.llamamesh.config.LlamaFlags;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The agent's programs. */
@Command(
    name = "llama-mesh",
    mixinStandardHelpOptions = true,
    version = "llama-mesh 0.1.0",
    description = "Measures loss and latency between machines with UDP probes.",
    subcommands = {
      AgentCommand.class,
      ReflectorCommand.class,
      CollectorCommand.class,
      SendCommand.class,
      MembersCommand.class,
      RoutesCommand.class,
      PartitionsCommand.class
    },
    footer = {"", "Exit codes: 0 done, 1 cannot start or went wrong, 2 wrong use; send has more."})
public final class AgentMain {

  private AgentMain() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String[] args) {
    return new CommandLine(new AgentMain())
        // A value may begin with an @, as in Go.
        .setExpandAtFiles(false)
        .setParameterExceptionHandler((e, parsed) -> {
          String name = e.getCommandLine().getCommandSpec().qualifiedName();
          e.getCommandLine().getErr().println(name + ": " + e.getMessage() + " (see --help)");
          return CommandLine.ExitCode.USAGE;
        })
        .setExecutionExceptionHandler((e, command, parsed) -> {
          String name = command.getCommandSpec().qualifiedName();
          command.getErr().println(name + ": " + (e.getMessage() == null ? e : e.getMessage()));
          return 1;
        })
        .execute(LlamaFlags.normalized(args));
  }
}
