package io.llamamesh.local.main;

import picocli.CommandLine;

/** The program {@code local}. */
public final class LocalMain {
  private LocalMain() {}

  /** Exit codes: 0 all is well, 1 the mesh did not do what it should, 2 wrong use. */
  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new LocalCommand());
    line.setParameterExceptionHandler((e, args) -> {
      System.err.println("llama-mesh local: " + e.getMessage() + " (--help tells the options)");
      return CommandLine.ExitCode.USAGE;
    });
    System.exit(line.execute(arguments));
  }
}
