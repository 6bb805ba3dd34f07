package io.llamamesh.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.client.ClientException.Kind;
import io.llamamesh.client.fake.FakeMeshServer;
import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WindowsClientTest {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private FakeMeshServer agent;
  private final WindowsClient client = new WindowsClient(ClientOptions.standard());

  @BeforeEach
  void start() throws IOException {
    agent = FakeMeshServer.start();
  }

  @AfterEach
  void close() {
    client.close();
    agent.close();
  }

  private static List<Point> window(int number) {
    return List.of(
        new Point(
            Point.RAW_STATS,
            BEGIN.plusSeconds(10L * number),
            Map.of("src_name", "node-1", "dst_name", "node-2"),
            Map.of("sent", 40.0)));
  }

  @Test
  void pagesFollowEachOtherByTheirCursors() throws Exception {
    for (int i = 1; i <= 5; i++) {
      agent.publish(window(i));
    }

    List<Instant> read = new ArrayList<>();
    WindowCursor cursor = null;
    WindowPage page;
    do {
      page = client.after(agent.uri(), cursor, 2);
      page.points().forEach(point -> read.add(point.time()));
      cursor = page.cursor();
    } while (page.hasMore());

    assertThat(read)
        .containsExactly(
            BEGIN.plusSeconds(10),
            BEGIN.plusSeconds(20),
            BEGIN.plusSeconds(30),
            BEGIN.plusSeconds(40),
            BEGIN.plusSeconds(50));
    assertThat(cursor).isEqualTo(agent.cursor());
    assertThat(agent.requests()).hasSize(3);
  }

  @Test
  void aReadingWithoutNewsIsEmptyAndKeepsTheCursor() throws Exception {
    agent.publish(window(1));
    WindowCursor cursor = client.after(agent.uri(), null, 10).cursor();

    WindowPage page = client.after(agent.uri(), cursor, 10);

    assertThat(page.points()).isEmpty();
    assertThat(page.windows()).isZero();
    assertThat(page.cursor()).isEqualTo(cursor);
  }

  @Test
  void aCursorOfAnEarlierLifeGivesAll() throws Exception {
    agent.publish(window(1)).publish(window(2));
    WindowCursor cursor = client.after(agent.uri(), null, 10).cursor();
    agent.restart().publish(window(3));

    WindowPage page = client.after(agent.uri(), cursor, 10);

    assertThat(page.windows()).isEqualTo(1);
    assertThat(page.cursor()).isEqualTo(agent.cursor()).isNotEqualTo(cursor);
  }

  @Test
  void theAgentsClockIsComparedWithOurs() throws Exception {
    WindowPage page = client.after(agent.uri(), null, 10);

    assertThat(page.clockSkew()).isBetween(Duration.ofSeconds(-5), Duration.ofSeconds(5));
  }

  @Test
  void aLimitIsOneThatAgentsTake() {
    assertThatThrownBy(() -> client.after(agent.uri(), null, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("limit must be 1 to 1000, was 0");
  }

  @Test
  void anAgentThatAsksForATokenGetsTheOneThatHoldsNow() throws Exception {
    agent.token("second").publish(window(1));
    String[] token = {"first"};
    try (WindowsClient keyed =
        new WindowsClient(ClientOptions.standard().withToken(() -> token[0]))) {
      assertThatThrownBy(() -> keyed.after(agent.uri(), null, 10))
          .isInstanceOfSatisfying(
              ClientException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TOKEN_REFUSED))
          .hasMessageContaining("does not accept the token");

      token[0] = "second";

      assertThat(keyed.after(agent.uri(), null, 10).windows()).isEqualTo(1);
    }
  }
}
