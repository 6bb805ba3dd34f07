package io.llamamesh.e2e.main;

import java.util.Map;
import picocli.CommandLine;

/** The program {@code e2e}. */
public final class E2eMain {
  private E2eMain() {}

  /** Exit codes: 0 every row passed, 1 one did not or the cluster does not run, 2 wrong use. */
  public static void main(String[] arguments) {
    System.exit(run(System.getenv(), arguments));
  }

  static int run(Map<String, String> environment, String... arguments) {
    CommandLine line = new CommandLine(new E2eCommand(environment));
    line.setParameterExceptionHandler((e, args) -> {
      System.err.println("llama-mesh e2e: " + e.getMessage() + " (--help tells the options)");
      return CommandLine.ExitCode.USAGE;
    });
    line.setExecutionExceptionHandler((e, command, parsed) -> {
      System.err.println("llama-mesh e2e: " + e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    });
    return line.execute(arguments);
  }
}
