package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every program's log makes foreign text harmless. */
class LogLinesTest {

  @ParameterizedTest
  @CsvSource({
    "'', stderr",
    "../operator/src/main/resources/logback.xml, console",
    "../scraper/src/main/resources/io/llamamesh/scraper/main/logback.xml, stderr",
    "../registry/src/main/resources/io/llamamesh/registry/main/logback.xml, stderr"
  })
  void aLineStaysOneLineAndDoesNothingToATerminal(String file, String appender) throws Exception {
    String text =
        logged(
            file,
            appender,
            "n1\n2026-01-01 ERROR forged\u001b[2J\u009b1m\u202e\u2028\u200f\ufeffgröße",
            null);

    assertThat(text)
        .contains("agent=n1?2026-01-01 ERROR forged?[2J?1m????größe")
        .endsWith(System.lineSeparator());
    assertThat(text.strip().codePoints()).noneMatch(Character::isISOControl);
  }

  @ParameterizedTest
  @CsvSource({
    "'', stderr",
    "../operator/src/main/resources/logback.xml, console",
    "../scraper/src/main/resources/io/llamamesh/scraper/main/logback.xml, stderr",
    "../registry/src/main/resources/io/llamamesh/registry/main/logback.xml, stderr"
  })
  void anExceptionsTextBeginsNoLineOfItsOwn(String file, String appender) throws Exception {
    String text =
        logged(
            file,
            appender,
            "n1",
            new IllegalStateException(
                "outer\u001b[2J\n2026-01-01 ERROR forged",
                new IllegalArgumentException("inner\r\n2026-01-01 WARN forged")));

    assertThat(text.lines().toList())
        .allMatch(
            line -> line.matches("(20.*agent=n1|java\\..*|\tat .*|\t\\.{3} .*|Caused by: .*)"))
        .anyMatch(line -> line.endsWith("outer?[2J?2026-01-01 ERROR forged"))
        .anyMatch(line -> line.endsWith("inner??2026-01-01 WARN forged"))
        .filteredOn(line -> line.startsWith("java."))
        .hasSize(1);
  }

  /** What a program writes; without a file it is the agent. */
  private static String logged(
      String file, String appender, String agent, @Nullable Throwable problem) throws Exception {
    LoggerContext context = new LoggerContext();
    if (file.isEmpty()) {
      AgentLog.apply(context);
    } else {
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(Path.of(file).toFile());
    }
    Encoder<?> encoder =
        ((ConsoleAppender<?>) context.getLogger("ROOT").getAppender(appender)).getEncoder();

    @SuppressWarnings("unchecked")
    byte[] line =
        ((Encoder<LoggingEvent>) encoder)
            .encode(
                new LoggingEvent(
                    "here",
                    context.getLogger("x.Y"),
                    Level.INFO,
                    "agent={}",
                    problem,
                    new Object[] {agent}));

    return new String(line, StandardCharsets.UTF_8);
  }
}
