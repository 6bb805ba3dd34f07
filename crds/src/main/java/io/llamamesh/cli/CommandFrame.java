package io.llamamesh.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * A program's command line as all programs of llama-mesh have it.
 *
 * <ul>
 *   <li>{@code --help} and {@code --version} of each command print to standard output and end with
 *       {@link #OK}. Options stand in the order of their declaration.
 *   <li>What is wrong is one line on standard error, {@code llama-mesh COMMAND: WHAT}; for wrong
 *       use it ends with the command that helps.
 *   <li>Exit codes are {@link #OK}, {@link #FAILED} and {@link #BAD}; a command's help lists those
 *       that it has.
 * </ul>
 */
public final class CommandFrame {
  /** Exit code: done, and where something was measured or asked, it is well. */
  public static final int OK = 0;

  /** Exit code: an error, or wrong use; it says nothing about what was to be measured. */
  public static final int FAILED = 1;

  /** Exit code: what was measured or asked is bad. */
  public static final int BAD = 2;

  private static final String VERSION = "llama-mesh " + version();
  private static final int WIDTH = 110;
  private static final Map<String, String> PLAIN =
      new TreeMap<>(Map.of("0", "Done.", "1", "An error, or wrong use."));
  private static final Map<String, String> OF_COMMANDS =
      new TreeMap<>(
          Map.of(
              "0",
              "Done; where something is measured or asked, it is well.",
              "1",
              "An error, or wrong use.",
              "2",
              "What was measured or asked is bad; see the command's own --help."));

  private CommandFrame() {}

  /** The command line of an annotated command, with its subcommands. */
  public static CommandLine of(Object command) {
    return apply(new CommandLine(command));
  }

  /** Frames a command line with its subcommands. */
  public static CommandLine apply(CommandLine line) {
    return apply(line, CommandFrame::message, e -> "");
  }

  /**
   * Frames a command line whose errors have words of their own.
   *
   * @param failures one line of an exception that a command threw
   * @param origins where a wrong value came from, such as {@code ", from FILE"}; empty: from the
   *     command line
   */
  public static CommandLine apply(
      CommandLine line,
      Function<Exception, String> failures,
      Function<ParameterException, String> origins) {
    // A value such as a password may begin with an @, as in Go.
    line.setExpandAtFiles(false);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler((e, arguments) -> {
      CommandLine command = e.getCommandLine();
      String name = command.getCommandSpec().qualifiedName();
      command
          .getErr()
          .println("%s: %s%s (see %s --help)".formatted(name, wrongUse(e), origins.apply(e), name));
      return FAILED;
    });
    line.setExecutionExceptionHandler((e, command, parsed) -> {
      command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + failures.apply(e));
      return FAILED;
    });
    frame(line);
    return line;
  }

  private static void frame(CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    spec.version(VERSION);
    spec.exitCodeOnInvalidInput(FAILED);
    spec.exitCodeOnExecutionException(FAILED);
    spec.usageMessage().sortOptions(false);
    spec.usageMessage().width(WIDTH);
    spec.usageMessage().synopsisSubcommandLabel("COMMAND");
    spec.usageMessage().exitCodeListHeading("%nExit codes:%n");
    if (spec.usageMessage().exitCodeList().isEmpty()) {
      spec.usageMessage().exitCodeList(line.getSubcommands().isEmpty() ? PLAIN : OF_COMMANDS);
    }
    line.getSubcommands().values().forEach(CommandFrame::frame);
  }

  private static String wrongUse(ParameterException e) {
    CommandLine line = e.getCommandLine();
    boolean lacksCommand =
        !line.getSubcommands().isEmpty()
            && String.valueOf(e.getMessage()).startsWith("Missing required subcommand");
    return lacksCommand
        ? "a command is missing: "
            + line.getSubcommands().keySet().stream().collect(Collectors.joining(", "))
        : message(e);
  }

  /** The message of an exception, or its name where it has none. */
  public static String message(Exception e) {
    @Nullable String message = e.getMessage();
    return message == null ? e.toString() : message;
  }

  /** The version of this build. */
  public static String version() {
    try (InputStream file = CommandFrame.class.getResourceAsStream("version.properties")) {
      if (file == null) {
        throw new IllegalStateException("version.properties is missing");
      }
      Properties properties = new Properties();
      properties.load(file);
      return properties.getProperty("version", "");
    } catch (IOException e) {
      throw new UncheckedIOException("version.properties cannot be read", e);
    }
  }
}
