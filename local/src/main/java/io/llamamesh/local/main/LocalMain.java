package io.llamamesh.local.main;

import io.llamamesh.cli.CommandFrame;
import picocli.CommandLine;

/** The program {@code local}. */
public final class LocalMain {
  private LocalMain() {}

  /** Runs a mesh and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** The command line of the program. */
  public static CommandLine commandLine() {
    return CommandFrame.of(new LocalCommand());
  }
}
