package io.llamamesh.bench.reference;

import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The C programs, compiled. */
public final class ReferencePrograms {

  private static final List<String> SOURCES =
      List.of("probe.h", "load.c", "reflector.c", "collector.c", "pingpong.c");
  private static final long COMPILE_SECONDS = 60;

  private final BenchFolder workspace;

  private ReferencePrograms(BenchFolder workspace) {
    this.workspace = workspace;
  }

  /**
   * Compiles them.
   *
   * @return empty where there is no gcc
   * @throws IOException when it refuses them
   */
  public static Optional<ReferencePrograms> compile(BenchFolder workspace)
      throws IOException, InterruptedException {
    for (String source : SOURCES) {
      try (InputStream in = ReferencePrograms.class.getResourceAsStream(source)) {
        if (in == null) {
          throw new IOException("source " + source + " is missing");
        }
        Files.copy(in, workspace.folder().resolve(source));
      }
    }
    for (String source : SOURCES) {
      if (source.endsWith(".c") && !compile(workspace, source)) {
        return Optional.empty();
      }
    }
    return Optional.of(new ReferencePrograms(workspace));
  }

  private static boolean compile(BenchFolder workspace, String source)
      throws IOException, InterruptedException {
    Path in = workspace.folder().resolve(source);
    String out = in.toString().replaceFirst("\\.c$", "");
    Child gcc;
    try {
      gcc =
          Child.start(
              "gcc", List.of("gcc", "-O2", "-o", out, in.toString()), Map.of(), workspace.folder());
    } catch (IOException e) {
      return false;
    }
    try (gcc) {
      gcc.awaitEnd(COMPILE_SECONDS);
      return true;
    } catch (IOException e) {
      if (!onPath("gcc")) {
        return false;
      }
      throw e;
    }
  }

  private static boolean onPath(String program) throws IOException, InterruptedException {
    return new ProcessBuilder("/bin/sh", "-c", "command -v " + program)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  /** Starts one of them. */
  public Child start(String name, Object... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(workspace.folder().resolve(name).toString());
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return Child.start(name, command, Map.of(), workspace.folder());
  }

  /**
   * Runs one to its end.
   *
   * @return what it printed as {@code name=value}
   */
  public double run(String field, long seconds, String name, Object... arguments)
      throws IOException, InterruptedException {
    try (Child child = start(name, arguments)) {
      return field(child.awaitEnd(seconds), field);
    }
  }

  /** A number that a program printed as {@code name=value}. */
  public static double field(String output, String name) throws IOException {
    Matcher matcher =
        Pattern.compile("(?:^|\\s)" + Pattern.quote(name) + "=([-0-9.]+)").matcher(output);
    if (!matcher.find()) {
      throw new IOException("no " + name + " in: " + output.strip());
    }
    return Double.parseDouble(matcher.group(1));
  }
}
