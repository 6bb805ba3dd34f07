package io.llamamesh.agent.main;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.status.NopStatusListener;

/**
 * The agent's log: lines on standard error. Logback finds it as a service; it steps back where the
 * agent is not the program that runs, and where a file is named by {@code
 * logback.configurationFile}.
 *
 * <p>As a file of logback's it took 500 classes more, for reading XML: 3 MiB of memory for as long
 * as the agent runs, and 0.2 s of its start.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class AgentLog extends ContextAwareBase implements Configurator {

  /** Name of the one appender. */
  static final String APPENDER = "stderr";

  private static final String FILE = "logback.configurationFile";

  /** Whatever others wrote, a line stays one line and does nothing to a terminal. */
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0}"
          + " %replace(%msg){'[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]', '?'}%n"
          + "%replace(%ex){'[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}&&[^\\n\\t]]"
          + "|\\n(?!\\tat |\\t\\.{3} |\\t*Caused by: |\\t*Suppressed: |\\z)', '?'}";

  private static volatile boolean isProgram;

  /** Lets the log be this one; to be called before anything is logged. */
  static void use() {
    isProgram = true;
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    if (!isProgram || System.getProperty(FILE) != null) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    context.getStatusManager().add(new NopStatusListener());
    apply(context);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Gives a context its one appender. */
  static void apply(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName(APPENDER);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.INFO);
    root.addAppender(appender);
  }
}
