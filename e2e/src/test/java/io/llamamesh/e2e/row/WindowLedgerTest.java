package io.llamamesh.e2e.row;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.llamamesh.e2e.row.WindowLedger.Balance;
import io.llamamesh.e2e.row.WindowLedger.Window;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WindowLedgerTest {
  private static final Instant START = Instant.parse("2026-12-01T00:00:00Z");
  private static final Instant END = START.plusSeconds(3600);

  private final WindowLedger ledger = new WindowLedger();

  private void publish(String agent, String peer, int second) throws IOException {
    ledger.publish(
        new ObjectMapper()
            .readTree(
                """
                [{"measurement": "raw_stats", "tags": {"src_name": "%s", "dst_name": "%s"}, "time": "%s"},
                 {"measurement": "reflected_stats", "tags": {"src_name": "%s"}, "time": "%s"}]
                """
                    .formatted(
                        agent,
                        peer,
                        START.plusSeconds(second),
                        agent,
                        START.plusSeconds(second + 1))));
  }

  private static String line(String agent, String peer, int second, String more) {
    return "raw_stats,dst_name=%s,port=default%s,src_name=%s loss=0,sent=8i %d"
        .formatted(peer, more, agent, START.plusSeconds(second).toEpochMilli());
  }

  private Balance balance(List<String> stored, Map<String, Long> given) {
    return ledger.balance(stored, given, START, END);
  }

  @Test
  void aWindowIsStoredWhenAllItsPairsAre() throws IOException {
    publish("a", "b", 2);
    publish("a", "c", 2);

    assertThat(balance(List.of(line("a", "b", 2, "")), Map.of()).unexplained())
        .containsExactly(new Window("a", START.plusSeconds(2)));
    assertThat(balance(List.of(line("a", "b", 2, ""), line("a", "c", 2, "")), Map.of()))
        .isEqualTo(new Balance(1, 0, java.util.Set.of()));
  }

  @Test
  void oneOfAnotherMomentOrAgentStandsForNone() throws IOException {
    publish("a", "b", 2);

    assertThat(
            balance(List.of(line("a", "b", 4, ""), line("b", "a", 2, "")), Map.of()).unexplained())
        .hasSize(1);
  }

  @Test
  void whatIsGivenUpExcusesAsManyOfTheSameAgent() throws IOException {
    publish("a", "b", 2);
    publish("a", "b", 4);
    publish("b", "a", 2);

    Balance balance = balance(List.of(), Map.of("a", 1L, "c", 5L));

    assertThat(balance.counted()).isEqualTo(1);
    assertThat(balance.unexplained()).hasSize(2);
  }

  @Test
  void windowsOutsideOfTheTimeAreNobodysConcern() throws IOException {
    publish("a", "b", 2);

    assertThat(ledger.balance(List.of(), Map.of(), START.plusSeconds(3), END).unexplained())
        .isEmpty();
    assertThat(ledger.balance(List.of(), Map.of(), START, START.plusSeconds(2)).unexplained())
        .isEmpty();
  }

  @Test
  void aWindowUnderTwoSetsOfTagsIsDoubledAndOneWrittenTwiceIsNot() {
    assertThat(WindowLedger.doubled(List.of(line("a", "b", 2, ""), line("a", "b", 2, ",zone=x"))))
        .singleElement()
        .asString()
        .contains("a>b", "zone=x");
    assertThat(WindowLedger.doubled(List.of(line("a", "b", 2, ""), line("a", "b", 2, ""))))
        .isEmpty();
    assertThat(WindowLedger.doubled(List.of(line("a", "b", 2, ""), line("a", "b", 4, ""))))
        .isEmpty();
  }

  @Test
  void logLinesOfAgentsAndScrapersAreCounted() {
    Map<String, Long> given = new HashMap<>();

    WindowLedger.countGivenUp(
        List.of(
            "2026-12-01T00:00:00Z stdout F WARN unread windows not uploaded url=http://x uploaded=1 left=3 error=\"y\"",
            "stdout F windows missed, no longer retained by the agent agent=node-2 windows=2",
            "stdout F windows missed, no longer retained by the agent agent=10.99.0.13:8100 windows=4",
            "stdout F unread windows uploaded url=http://x windows=9"),
        "node-1",
        Map.of("10.99.0.13", "node-3"),
        given);

    assertThat(given)
        .containsOnly(Map.entry("node-1", 3L), Map.entry("node-2", 2L), Map.entry("node-3", 4L));
  }
}
