package io.llamamesh.scraper.main;

import io.llamamesh.cli.CommandFrame;
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

  /** The command line of the scraper's programs. */
  public static CommandLine commandLine(Map<String, String> variables) {
    Environment environment = new Environment(variables);
    CommandLine line = new CommandLine(new ScraperMain());
    line.addSubcommand(new ScraperCommand(environment));
    line.addSubcommand(new MatrixCommand(environment));
    return CommandFrame.apply(line);
  }

  static int run(Map<String, String> variables, String... args) {
    return commandLine(variables).execute(LlamaFlags.normalized(args));
  }
}
