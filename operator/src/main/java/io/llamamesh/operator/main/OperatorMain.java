package io.llamamesh.operator.main;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.cli.CommandFrame;
import io.llamamesh.config.LlamaFlags;
import io.llamamesh.operator.llama.ImportCommand;
import io.llamamesh.operator.run.ApiErrorMessage;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The programs {@code operator} and {@code import}. */
@Command(
    name = "llama-mesh",
    mixinStandardHelpOptions = true,
    description = "Turns LlamaMesh resources into running meshes.",
    subcommands = {OperatorCommand.class, ImportCommand.class})
public final class OperatorMain {
  private OperatorMain() {}

  /** Runs the program that the first argument names and exits with its code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(LlamaFlags.normalized(args)));
  }

  /** The command line of the operator's programs. */
  public static CommandLine commandLine() {
    return CommandFrame.apply(
        new CommandLine(new OperatorMain()), OperatorMain::message, wrongUse -> "");
  }

  /** The message of what we throw ourselves; of others' exceptions their causes too. */
  private static String message(Exception problem) {
    return problem instanceof KubernetesClientException || problem.getMessage() == null
        ? ApiErrorMessage.oneLine(problem)
        : problem.getMessage();
  }
}
