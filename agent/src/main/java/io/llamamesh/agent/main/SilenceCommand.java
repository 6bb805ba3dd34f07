package io.llamamesh.agent.main;

import io.llamamesh.agent.http.ToolsClient;
import io.llamamesh.results.SilencedNode;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Silences: nodes that nobody is to be alerted of for a time. */
@Command(
    name = "silence",
    mixinStandardHelpOptions = true,
    description =
        "Has nobody alerted of a node for a time. It is measured and shown as ever, and this ends"
            + " by itself.",
    exitCodeList = {"0:Done.", "1:An error, or wrong use."})
final class SilenceCommand implements Callable<Integer> {

  @Mixin private AgentQueryOptions query = new AgentQueryOptions();

  @Spec private @Nullable CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "NODE", description = "Name of the node to silence.")
  private @Nullable String node;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = LongDuration.class,
      description = "How long: 30m, 2h, 3d, 7d at most.")
  private @Nullable Duration length;

  @Option(
      names = "--because",
      paramLabel = "TEXT",
      description = "Why, for people who wonder; 200 characters at most.")
  private @Nullable String because;

  @Option(
      names = "--end",
      paramLabel = "NODE",
      description = "Ends the silence of a node before its time.")
  private @Nullable String ended;

  @Option(names = "--list", description = "Prints who is silenced, by whom, until when and why.")
  private boolean list;

  @Override
  public Integer call() throws IOException, InterruptedException {
    int actions = (node == null ? 0 : 1) + (ended == null ? 0 : 1) + (list ? 1 : 0);
    if (actions != 1) {
      throw wrong("give NODE to silence, or --list, or --end NODE");
    }
    if (node == null && (length != null || because != null)) {
      throw wrong("--for and --because belong to NODE");
    }
    return query.print(outcome());
  }

  private ToolsClient.Outcome outcome() throws IOException, InterruptedException {
    ToolsClient tools = query.tools();
    if (ended != null) {
      return tools.endSilence(ended);
    }
    if (node == null) {
      return tools.silences();
    }
    if (length == null || because == null || because.isBlank()) {
      throw wrong("a silence needs --for TIME and --because TEXT");
    }
    if (because.length() > SilencedNode.MAX_BECAUSE) {
      throw wrong("--because has at most " + SilencedNode.MAX_BECAUSE + " characters");
    }
    return tools.silence(node, length, because, Asker.name());
  }

  private RuntimeException wrong(String message) {
    return spec == null
        ? new IllegalArgumentException(message)
        : new ParameterException(spec.commandLine(), message);
  }

  /** {@code 90s}, {@code 30m}, {@code 2h} or {@code 3d}. */
  static final class LongDuration implements ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,7})([smhd])");

    @Override
    public Duration convert(String text) {
      Matcher matcher = FORM.matcher(text);
      if (matcher.matches()) {
        long number = Long.parseLong(matcher.group(1));
        Duration duration =
            switch (matcher.group(2)) {
              case "s" -> Duration.ofSeconds(number);
              case "m" -> Duration.ofMinutes(number);
              case "h" -> Duration.ofHours(number);
              default -> Duration.ofDays(number);
            };
        if (duration.isPositive() && duration.compareTo(SilencedNode.MAX_LENGTH) <= 0) {
          return duration;
        }
      }
      throw new TypeConversionException(
          "'" + text + "' is no time such as 30m, 2h or 3d, at most 7d");
    }
  }
}
