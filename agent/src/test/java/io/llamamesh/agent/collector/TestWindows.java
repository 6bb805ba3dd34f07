package io.llamamesh.agent.collector;

import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.WindowArchive;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Windows as the prober would have published them. */
public final class TestWindows {

  private static final long FIRST_END = 1_795_167_610_000_000_000L;

  private TestWindows() {}

  /** Publishes windows of one pair, ten seconds each; the first ends at 2026-11-20T09:40:10Z. */
  public static void publish(WindowArchive archive, int count) {
    for (int i = 0; i < count; i++) {
      PairCell cell = new PairCell(1);
      cell.open(i, 1);
      for (int probe = 0; probe < 10; probe++) {
        cell.countSent(0);
        cell.count(Outcome.RECEIVED);
        cell.recordRtt(0, 100_000 + probe);
        cell.recordResidence(10_000);
        cell.recordDscpRewrite(8, -1);
      }
      PairResult pair =
          cell.close(
              Map.of("src_ip", "127.0.0.11", "dst_ip", "127.0.0.12"), 5.0, new int[] {25000}, 1400);
      archive.publish(
          new ClosedWindow(
              archive.nextSequence(), FIRST_END + i * 10_000_000_000L, List.of(pair), List.of()),
          i * 10_000_000_000L,
          3600_000_000_000L);
    }
  }

  /** Publishes one window in which two probes were skipped and the answers of three stalled. */
  public static void publishStalled(WindowArchive archive) {
    PairCell cell = new PairCell(1);
    cell.open(1, 1);
    for (int probe = 0; probe < 3; probe++) {
      cell.countSent(0);
      cell.count(Outcome.RECEIVED);
      cell.count(Mark.STALLED);
    }
    cell.countSkipped();
    cell.countSkipped();
    cell.countSendError();
    PairResult pair =
        cell.close(
            Map.of("src_ip", "127.0.0.11", "dst_ip", "127.0.0.12"), Double.NaN, new int[] {1}, 0);
    archive.publish(
        new ClosedWindow(archive.nextSequence(), FIRST_END, List.of(pair), List.of()), 0, 1);
  }

  /** As a prober makes it: every probe of every source port answered. */
  public static ClosedWindow measured(long sequence, int pairs, int ports) {
    int[] sourcePorts = new int[ports];
    PairCell cell = new PairCell(ports);
    List<PairResult> results = new ArrayList<>(pairs);
    for (int pair = 0; pair < pairs; pair++) {
      cell.open(1, ports);
      for (int port = 0; port < ports; port++) {
        sourcePorts[port] = 25000 + port;
        cell.countSent(port);
        cell.count(Outcome.RECEIVED);
        cell.recordRtt(port, 100_000);
      }
      results.add(cell.close(Map.of(), 1, sourcePorts, 0));
    }
    return new ClosedWindow(sequence, sequence * 1_000_000_000L, results, List.of());
  }

  /** A window of so many pairs with four source ports each. */
  public static ClosedWindow large(long sequence, int pairs) {
    int[] ports = {25000, 25001, 25002, 25003};
    PairCell cell = new PairCell(ports.length);
    List<PairResult> results = new ArrayList<>();
    for (int pair = 0; pair < pairs; pair++) {
      cell.open(1, ports.length);
      for (int path = 0; path < ports.length; path++) {
        cell.countSent(path);
        cell.count(Outcome.RECEIVED);
        cell.recordRtt(path, 100_000);
      }
      results.add(cell.close(Map.of("dst_name", "node-" + pair), 1, ports, 0));
    }
    return new ClosedWindow(sequence, FIRST_END + sequence * 1_000_000_000L, results, List.of());
  }
}
