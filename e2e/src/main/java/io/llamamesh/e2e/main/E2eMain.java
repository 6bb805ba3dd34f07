package io.llamamesh.e2e.main;

import io.llamamesh.cli.CommandFrame;
import java.util.Map;
import picocli.CommandLine;

/** The program {@code e2e}. */
public final class E2eMain {
  private E2eMain() {}

  /** Runs rows and exits with the code of {@link E2eCommand}. */
  public static void main(String[] arguments) {
    System.exit(run(System.getenv(), arguments));
  }

  /** The command line of the program. */
  public static CommandLine commandLine(Map<String, String> environment) {
    return CommandFrame.of(new E2eCommand(environment));
  }

  static int run(Map<String, String> environment, String... arguments) {
    return commandLine(environment).execute(arguments);
  }
}
