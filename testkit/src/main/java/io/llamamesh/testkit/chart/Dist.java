package io.llamamesh.testkit.chart;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The programs as the images hold them, run with no environment but what is given. */
public final class Dist {
  private static final long SECONDS = 60;

  private Dist() {}

  public static Path script(String component) {
    return Chart.ROOT.resolve(component).resolve("target/dist/bin").resolve(component);
  }

  /** What a program said and how it ended. */
  public record Outcome(int code, String out, String err) {}

  /** Starts a program; its output goes to the folder as {@code NAME.log}. */
  public static Process start(
      String component,
      Path folder,
      String name,
      Map<String, String> environment,
      List<String> args)
      throws IOException {
    return builder(component, environment, args)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name + ".log").toFile())
        .start();
  }

  /** Runs a program to its end. */
  public static Outcome run(
      String component, Path folder, Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        builder(component, environment, List.of(args))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(component + " " + List.of(args) + " did not end");
    }
    return new Outcome(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private static ProcessBuilder builder(
      String component, Map<String, String> environment, List<String> args) {
    return new ProcessBuilder(command(component, environment, args));
  }

  /** The command line of a program. */
  public static List<String> command(
      String component, Map<String, String> environment, List<String> args) {
    List<String> command = new ArrayList<>(List.of("env", "-i"));
    command.add("JAVA_HOME=" + System.getProperty("java.home"));
    environment.forEach((name, value) -> command.add(name + "=" + value));
    command.add(script(component).toAbsolutePath().normalize().toString());
    command.addAll(args);
    return command;
  }
}
