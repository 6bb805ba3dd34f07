package io.llamamesh.scraper.main;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/**
 * Converter of durations, as in the resource: {@code 10s}, {@code 1m30s}, {@code 500ms}, {@code
 * 1h}; a bare number is seconds, as in LLAMA's flags.
 */
final class Durations implements CommandLine.ITypeConverter<Duration> {
  private static final Pattern PART = Pattern.compile("([0-9]{1,9})(ms|us|s|m|h)");

  @Override
  public Duration convert(String text) {
    if (text.matches("[0-9]{1,6}")) {
      return Duration.ofSeconds(Long.parseLong(text));
    }
    Matcher part = PART.matcher(text);
    Duration sum = Duration.ZERO;
    int end = 0;
    while (part.find() && part.start() == end) {
      sum = sum.plus(duration(Long.parseLong(part.group(1)), part.group(2)));
      end = part.end();
    }
    if (end != text.length() || end == 0) {
      throw new CommandLine.TypeConversionException(
          "'" + text + "' is not a duration, write 10s, 500ms, 1m or 1h");
    }
    return sum;
  }

  private static Duration duration(long number, String unit) {
    return switch (unit) {
      case "us" -> Duration.ofNanos(number * 1_000);
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      default -> Duration.ofHours(number);
    };
  }
}
