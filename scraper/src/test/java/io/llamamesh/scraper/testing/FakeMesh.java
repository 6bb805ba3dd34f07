package io.llamamesh.scraper.testing;

import io.llamamesh.results.Point;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Agents of a mesh that publish {@link SimulatedWindows}. */
public final class FakeMesh implements AutoCloseable {
  private final List<FakeAgent> agents = new ArrayList<>();
  private final SimulatedWindows windows;

  public FakeMesh(int nodes, int zones, SimulatedWindows.Loss loss) throws IOException {
    this.windows = new SimulatedWindows(nodes, zones, loss);
    for (int i = 0; i < nodes; i++) {
      agents.add(FakeAgent.start());
    }
  }

  /** Agents' addresses, as {@code --collectors} takes them. */
  public String addresses() {
    return String.join(",", agents.stream().map(FakeAgent::address).toList());
  }

  public FakeAgent agent(int index) {
    return agents.get(index);
  }

  /** Every agent publishes the window that ended then, and that a target refused its probes. */
  public void publishWithRefusal(Instant end, int seconds, String target) {
    for (int i = 0; i < agents.size(); i++) {
      List<Point> window = new ArrayList<>(windows.window(i, end, seconds));
      window.add(Points.refused(SimulatedWindows.name(i), target, end, 16L * seconds));
      agents.get(i).publish(window);
    }
  }

  /** Every agent publishes the window that ended then. */
  public void publish(Instant end, int seconds) {
    for (int i = 0; i < agents.size(); i++) {
      agents.get(i).publish(windows.window(i, end, seconds));
    }
  }

  @Override
  public void close() {
    agents.forEach(FakeAgent::close);
  }
}
