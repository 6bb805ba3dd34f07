package io.llamamesh.agent.main;

import io.llamamesh.cli.CommandFrame;
import io.llamamesh.config.LlamaFlags;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The agent's programs. */
@Command(
    name = "llama-mesh",
    mixinStandardHelpOptions = true,
    description = "Measures loss and latency between machines with UDP probes.",
    subcommands = {
      AgentCommand.class,
      ReflectorCommand.class,
      CollectorCommand.class,
      SendCommand.class,
      MembersCommand.class,
      RoutesCommand.class,
      PartitionsCommand.class,
      KvCommand.class,
      MulticastCommand.class,
      BurstCommand.class,
      SilenceCommand.class
    })
public final class AgentMain {

  private AgentMain() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    AgentLog.use();
    System.exit(run(args));
  }

  /** The command line of the agent's programs. */
  public static CommandLine commandLine() {
    return CommandFrame.of(new AgentMain());
  }

  static int run(String[] args) {
    return commandLine().execute(LlamaFlags.normalized(args));
  }
}
