package io.llamamesh.operator.main;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.config.LlamaFlags;
import io.llamamesh.operator.llama.ImportCommand;
import io.llamamesh.operator.run.ApiErrorMessage;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The operator's program: subcommand {@code operator}. */
@Command(
    name = "llama-mesh",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Turns LlamaMesh resources into running meshes.",
    subcommands = {OperatorCommand.class, ImportCommand.class})
public final class OperatorMain implements Runnable {
  @CommandLine.Spec private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

  /** Runs and exits: 1 where it failed, 2 for a wrong command line. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(LlamaFlags.normalized(args)));
  }

  static CommandLine commandLine() {
    return new CommandLine(new OperatorMain())
        .setExpandAtFiles(false)
        .setExecutionExceptionHandler((e, line, parsed) -> {
          line.getErr().println(line.getCommandName() + ": " + words(e));
          return 1;
        });
  }

  /** Our own exceptions have a message for users. */
  private static String words(Exception problem) {
    return problem instanceof KubernetesClientException || problem.getMessage() == null
        ? ApiErrorMessage.oneLine(problem)
        : problem.getMessage();
  }

  @Override
  public void run() {
    if (spec != null) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "a command is missing: write 'operator' or 'import FILE'");
    }
  }
}
