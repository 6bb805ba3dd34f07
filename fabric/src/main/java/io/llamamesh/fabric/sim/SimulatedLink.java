package io.llamamesh.fabric.sim;

import static io.llamamesh.fabric.sim.Simulation.MS;

import io.llamamesh.fabric.node.Message;
import io.llamamesh.fabric.sim.Simulation.Way;
import java.util.ArrayDeque;

/** A TCP connection: in order, late where something is lost, silent where one end is gone. */
final class SimulatedLink {

  /** One end of it and what it has to send. */
  static final class End {
    final SimulatedNode node;
    final int life;
    final long id;
    boolean open;
    private final ArrayDeque<Runnable> stalled = new ArrayDeque<>();
    private long lastArrival;
    private long again = 200 * MS;

    End(SimulatedNode node, long id) {
      this.node = node;
      this.life = node.life();
      this.id = id;
    }

    boolean isThere() {
      return open && node.life() == life;
    }
  }

  private final Simulation sim;
  final End dialler;
  final End acceptor;

  SimulatedLink(Simulation sim, End dialler, End acceptor) {
    this.sim = sim;
    this.dialler = dialler;
    this.acceptor = acceptor;
  }

  End other(End end) {
    return end == dialler ? acceptor : dialler;
  }

  void send(End from, Message message) {
    End to = other(from);
    sim.metered(from.node, to.node, message);
    transmit(from, () -> deliver(from, to, message));
  }

  private void deliver(End from, End to, Message message) {
    if (to.isThere()) {
      to.node.arrive(() -> to.node.receive(to.id, message), to.life);
    } else if (!to.node.isPoweredOff()) {
      transmit(to, () -> broken(from)); // a reset
    }
  }

  /** The other end is told in order, if it is told at all. */
  void close(End from) {
    from.open = false;
    End to = other(from);
    transmit(from, () -> broken(to));
  }

  void reset() {
    broken(dialler);
    broken(acceptor);
  }

  private void broken(End end) {
    if (end.isThere()) {
      end.open = false;
      end.node.arrive(() -> end.node.linkDown(end.id), end.life);
    }
  }

  /** In order behind all that was sent. */
  void transmit(End from, Runnable arrival) {
    if (!from.stalled.isEmpty()) {
      from.stalled.add(arrival);
      return;
    }
    if (isCut()) {
      from.stalled.add(arrival);
      from.again = 200 * MS;
      sim.at(sim.now() + from.again, () -> retry(from));
      return;
    }
    depart(from, arrival);
  }

  private void depart(End from, Runnable arrival) {
    long time = sim.now() + sim.segmentDelay(from.node, other(from).node);
    from.lastArrival = Math.max(from.lastArrival, time);
    sim.at(from.lastArrival, arrival);
  }

  private void retry(End from) {
    if (from.node.life() != from.life) {
      from.stalled.clear(); // nobody sends it again
      return;
    }
    if (isCut()) {
      from.again = Math.min(from.again * 2, 30_000 * MS);
      if (from.again < 30_000 * MS || other(from).isThere()) {
        sim.at(sim.now() + from.again, () -> retry(from));
      }
      return;
    }
    while (!from.stalled.isEmpty()) {
      depart(from, from.stalled.remove());
    }
  }

  /** Without acknowledgements nothing goes far either. */
  private boolean isCut() {
    return sim.isCut(dialler.node, acceptor.node, Way.LINKS)
        || sim.isCut(acceptor.node, dialler.node, Way.LINKS);
  }
}
