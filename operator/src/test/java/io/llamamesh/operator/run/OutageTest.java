package io.llamamesh.operator.run;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class OutageTest {
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(Outage.class);
  private final Outage outage =
      new Outage(Clock.fixed(Instant.parse("2030-01-01T12:00:05.123Z"), ZoneOffset.UTC));

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(log);
  }

  @Test
  void eachCauseIsLoggedOnceWhoeverMeetsIt() {
    for (int i = 0; i < 3; i++) {
      outage.failed("election", "connection refused");
      outage.failed("work", "connection refused");
    }
    outage.failed("election", "no answer in time");

    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "operator not ready error=\"connection refused\"",
            "operator not ready error=\"no answer in time\"");
  }

  @Test
  void itIsOverWhenNobodyMeetsItAnyMore() {
    outage.failed("election", "connection refused");
    outage.failed("work", "connection refused");
    outage.recovered("election");
    assertThat(outage.cause()).isEqualTo("connection refused, since 2030-01-01T12:00:05Z");

    outage.recovered("work");
    outage.recovered("work");

    assertThat(outage.cause()).isEmpty();
    assertThat(log.list)
        .last()
        .extracting(ILoggingEvent::getFormattedMessage)
        .asString()
        .startsWith("operator ready again");
    assertThat(log.list).hasSize(2);
  }
}
