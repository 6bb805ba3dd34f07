package io.llamamesh.scraper.main;

import io.llamamesh.config.LlamaFlags;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Main class of the commands {@code scraper} and {@code matrix}. */
@Command(
    name = "llama-mesh",
    description = "Loss and latency matrix: scraper and terminal view.",
    mixinStandardHelpOptions = true)
public final class ScraperMain {
  private static final String LOGBACK = "logback.configurationFile";

  /** Limit of the headers of all answers to the JDK's client, whose default is 384 KiB. */
  private static final String ANSWER_HEADS = "jdk.http.maxHeaderSize";

  private static final int WRONG_USE = 2;

  private ScraperMain() {}

  /** Runs the command that the first argument names, and exits with its code. */
  public static void main(String[] args) {
    if (System.getProperty(LOGBACK) == null) {
      System.setProperty(LOGBACK, "io/llamamesh/scraper/main/logback.xml");
    }
    if (System.getProperty(ANSWER_HEADS) == null) {
      System.setProperty(ANSWER_HEADS, Integer.toString(32 << 10));
    }
    System.exit(run(System.getenv(), args));
  }

  /**
   * Runs and returns the exit code: 0, 1 for errors, 2 for wrong use. For {@code matrix} 2 means
   * that the network is unhealthy, so wrong use is 1 there.
   */
  static int run(Map<String, String> variables, String... args) {
    Environment environment = new Environment(variables);
    CommandLine line = new CommandLine(new ScraperMain());
    line.addSubcommand(new ScraperCommand(environment));
    line.addSubcommand(new MatrixCommand(environment));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    // Values such as passwords may begin with an @, as in Go.
    line.setExpandAtFiles(false);
    line.setParameterExceptionHandler((e, arguments) -> {
      CommandLine command = e.getCommandLine();
      command
          .getErr()
          .println(
              "%s: %s (see %s --help)"
                  .formatted(command.getCommandName(), e.getMessage(), command.getCommandName()));
      return command.getCommand() instanceof MatrixCommand ? 1 : WRONG_USE;
    });
    line.setExecutionExceptionHandler((e, command, parsed) -> {
      command
          .getErr()
          .println(
              command.getCommandName()
                  + ": "
                  + (e.getMessage() == null ? e.toString() : e.getMessage()));
      return 1;
    });
    if (args.length == 0) {
      line.usage(line.getErr());
      return WRONG_USE;
    }
    return line.execute(LlamaFlags.normalized(args));
  }
}
