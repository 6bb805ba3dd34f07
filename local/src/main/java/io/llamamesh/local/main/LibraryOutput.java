package io.llamamesh.local.main;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Keeps what libraries print out of the user's terminal. */
final class LibraryOutput {
  private LibraryOutput() {}

  /**
   * From now on this process's standard output and error go to {@code launcher.log}; who wants the
   * terminal must have kept it.
   */
  static void redirect(Path logs) throws IOException {
    PrintStream log =
        new PrintStream(
            new FileOutputStream(logs.resolve("launcher.log").toFile(), true),
            true,
            StandardCharsets.UTF_8);
    System.setOut(log);
    System.setErr(log);
  }
}
