package io.llamamesh.fabric.sim;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;

import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.FabricHost;
import io.llamamesh.fabric.Notification;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Incarnation;
import io.llamamesh.fabric.node.Message;
import io.llamamesh.fabric.sim.Simulation.Way;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A host with one agent, which runs, stands still, was killed or lost its power. */
public final class SimulatedNode implements FabricHost {

  /** Datagrams that wait for a process that stands still. */
  private static final int SOCKET_BUFFER = 500;

  private enum Condition {
    STOPPED,
    RUNNING,
    PAUSED,
    POWERED_OFF
  }

  /** The newest answered probe of a target. */
  private record Answer(long sentAt, long roundTrip) {}

  private final Simulation sim;
  private final FabricPeer self;
  private final List<FabricPeer> contacts;
  private final int index;
  private final Map<Long, SimulatedLink> links = new HashMap<>();
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private Condition condition = Condition.STOPPED;
  private @Nullable Fabric fabric;
  private final Map<String, Answer> answers = new HashMap<>();
  private boolean waking;
  private long nextTick;
  private int life;
  private long lastLink;
  private long stored;
  private List<AgedAd> kept = List.of();
  private List<SimulatedNode> probed = List.of();
  private long probeInterval;
  private int probesPerSecond;
  private long clockAhead;

  SimulatedNode(Simulation sim, FabricPeer self, List<FabricPeer> contacts, int index) {
    this.sim = sim;
    this.self = self;
    this.contacts = contacts;
    this.index = index;
    sim.byAddress.putIfAbsent(self.address(), this);
  }

  public String name() {
    return self.name();
  }

  public FabricPeer peer() {
    return self;
  }

  public int index() {
    return index;
  }

  /** The fabric of its present or last life. */
  public Fabric fabric() {
    if (fabric == null) {
      throw new IllegalStateException(name() + " was never started");
    }
    return fabric;
  }

  public boolean isRunning() {
    return condition == Condition.RUNNING;
  }

  boolean isPoweredOff() {
    return condition == Condition.POWERED_OFF;
  }

  int life() {
    return life;
  }

  /** Links that it holds open. */
  public int openLinks() {
    return links.size();
  }

  // What is done to it.

  /** Starts the agent with what its last life has stored. */
  public void start() {
    if (condition == Condition.RUNNING) {
      return;
    }
    life++;
    condition = Condition.RUNNING;
    sim.byAddress.put(self.address(), this);
    links.clear();
    waiting.clear();
    answers.clear();
    waking = false;
    stored = Incarnation.first(sim.unixSeconds() + clockAhead, stored);
    fabric =
        new Fabric(
            self,
            stored,
            contacts,
            kept,
            sim.options(),
            new Random(sim.random.nextLong()),
            this,
            sim.now());
    observe();
    nextTick = sim.now() + sim.random.nextLong(Fabric.TICK);
    scheduleTick();
    startProbing(life);
  }

  /** What its clock is ahead of the others'. */
  public void clockAhead(long seconds) {
    clockAhead = seconds;
  }

  /** Loses what it has on disk. */
  public void emptyFolder() {
    stored = 0;
    kept = List.of();
  }

  /** Keeps what it knows, as an agent does now and then. */
  public void keep() {
    kept = fabric().snapshot();
  }

  /** What it has kept. */
  public List<AgedAd> kept() {
    return kept;
  }

  public void kept(List<AgedAd> ads) {
    kept = ads;
  }

  public void stored(long incarnation) {
    stored = incarnation;
  }

  /** SIGKILL: the host closes the connections and refuses what comes. */
  public void kill() {
    condition = Condition.STOPPED;
    for (SimulatedLink link : List.copyOf(links.values())) {
      SimulatedLink.End end = end(link);
      if (end.open) {
        link.close(end);
      }
    }
    life++;
    links.clear();
  }

  /** A middlebox resets one of its connections. */
  public void resetALink() {
    List<SimulatedLink> open = List.copyOf(links.values());
    if (!open.isEmpty()) {
      open.get(sim.random.nextInt(open.size())).reset();
    }
  }

  /** The power is gone: silence. */
  public void powerOff() {
    condition = Condition.POWERED_OFF;
    life++;
    links.clear();
  }

  /** The agent ends in order, as its host has heard that it may. */
  public void exit() {
    kill();
  }

  /** SIGSTOP. */
  public void pause() {
    if (condition == Condition.RUNNING) {
      condition = Condition.PAUSED;
    }
  }

  /** SIGSTOP for so long. */
  public void pause(long duration) {
    if (condition == Condition.RUNNING) {
      pause();
      int paused = life;
      sim.at(
          sim.now() + duration,
          () -> {
            if (life == paused) {
              resume();
            }
          });
    }
  }

  /** SIGCONT: what has come meanwhile is read now. */
  public void resume() {
    if (condition == Condition.PAUSED) {
      condition = Condition.RUNNING;
      turn(life);
    }
  }

  /** Its collector probes these. */
  public void probe(List<SimulatedNode> targets, int perSecond) {
    probed = List.copyOf(targets);
    probesPerSecond = perSecond;
    probeInterval = SECOND / perSecond;
    if (condition == Condition.RUNNING) {
      observe();
      startProbing(life);
    }
  }

  private void observe() {
    if (!probed.isEmpty()) {
      fabric().observe(sim.now(), probed.stream().map(SimulatedNode::peer).toList());
    }
  }

  // What happens to it.

  private void scheduleTick() {
    int started = life;
    sim.at(
        nextTick,
        () -> {
          if (life == started && condition == Condition.RUNNING) {
            wake();
          }
        });
  }

  /** Something is to be done: the process gets a processor at once, or after a while. */
  private void wake() {
    if (waking) {
      return;
    }
    long delay = sim.schedulingDelay(this);
    int woken = life;
    if (delay == 0) {
      turn(woken);
    } else {
      waking = true;
      sim.at(sim.now() + delay, () -> turn(woken));
    }
  }

  /** Does all that is due, the tick first, as the agent does. */
  private void turn(int ofLife) {
    if (life != ofLife) {
      return;
    }
    waking = false;
    if (condition != Condition.RUNNING) {
      return; // it goes on when it is continued
    }
    if (sim.now() >= nextTick) {
      tick();
    }
    while (life == ofLife && !waiting.isEmpty()) {
      waiting.remove().run();
    }
  }

  private void tick() {
    fabric().tick(sim.now());
    answers.forEach((peer, answer) ->
        fabric().probeAnswered(sim.now(), peer, answer.sentAt(), answer.roundTrip()));
    answers.clear();
    boolean late = sim.now() - nextTick > Fabric.TICK;
    nextTick = (late ? sim.now() : nextTick) + Fabric.TICK;
    scheduleTick();
  }

  private void startProbing(int ofLife) {
    if (probesPerSecond > 0) {
      for (SimulatedNode target : probed) {
        sim.at(sim.now() + sim.random.nextLong(probeInterval), () -> probe(target, ofLife));
      }
    }
  }

  private void probe(SimulatedNode target, int ofLife) {
    if (life != ofLife) {
      return;
    }
    sim.at(sim.now() + probeInterval, () -> probe(target, ofLife));
    if (condition == Condition.RUNNING) {
      // The collector is a thread of its own.
      sim.at(sim.now() + sim.schedulingDelay(this), () -> sendProbe(target, ofLife));
    }
  }

  private void sendProbe(SimulatedNode target, int ofLife) {
    SimulatedNode listener = sim.byAddress.get(target.self.address());
    if (life != ofLife || condition != Condition.RUNNING || listener == null) {
      return;
    }
    long sentAt = sim.now();
    datagram(
        listener,
        target.self,
        arrivedAt -> {
          long residence = sim.now() - arrivedAt;
          listener.datagram(
              this, self, backAt -> answered(listener.name(), sentAt, backAt - sentAt - residence));
        });
  }

  /** The fabric takes the newest at its next tick. */
  private void answered(String by, long sentAt, long roundTrip) {
    Answer answer = new Answer(sentAt, roundTrip);
    answers.merge(by, answer, (old, next) -> next.sentAt() > old.sentAt() ? next : old);
  }

  /**
   * Sends a datagram.
   *
   * @param arrival takes when it came to the receiver's host, once the receiver reads it
   */
  private void datagram(SimulatedNode to, FabricPeer addressed, LongConsumer arrival) {
    if (sim.isLost() || sim.isCut(this, to, Way.DATAGRAMS)) {
      return;
    }
    int toLife = to.life;
    int fromLife = life;
    sim.at(
        sim.now() + sim.delay(this, to),
        () -> {
          if (to.condition == Condition.STOPPED) {
            sim.at(sim.now() + sim.delay(to, this), () -> refused(addressed, fromLife));
          } else if (to.condition != Condition.POWERED_OFF
              && to.life == toLife
              && to.waiting.size() < SOCKET_BUFFER) {
            long arrivedAt = sim.now();
            to.arrive(() -> arrival.accept(arrivedAt), toLife);
          }
        });
  }

  private void refused(FabricPeer peer, int ofLife) {
    if (life == ofLife && condition == Condition.RUNNING) {
      fabric().refused(sim.now(), peer.name());
    }
  }

  void arrive(Runnable event, int ofLife) {
    if (life != ofLife) {
      return;
    }
    if (condition == Condition.RUNNING || condition == Condition.PAUSED) {
      waiting.add(event);
    }
    if (condition == Condition.RUNNING) {
      wake();
    }
  }

  void receive(long id, Message message) {
    fabric().receive(sim.now(), id, message);
  }

  void linkDown(long id) {
    links.remove(id);
    fabric().linkDown(sim.now(), id);
  }

  private SimulatedLink.End end(SimulatedLink link) {
    return link.dialler.node == this ? link.dialler : link.acceptor;
  }

  // What its fabric asks for.

  @Override
  public void dial(FabricPeer peer, long nonce, long lastSeen) {
    int dialled = life;
    SimulatedNode target = sim.byAddress.get(peer.address());
    long timeout = sim.now() + 3 * SECOND;
    if (target == null) {
      sim.at(timeout, () -> dialFailed(peer, false, dialled));
      return;
    }
    long arrival =
        sim.now()
            + sim.segmentDelay(this, target)
            + sim.segmentDelay(target, this)
            + sim.segmentDelay(this, target);
    if (arrival >= timeout) {
      sim.at(timeout, () -> dialFailed(peer, false, dialled));
      return;
    }
    sim.at(arrival, () -> accept(target, peer, nonce, lastSeen, dialled, timeout));
  }

  private void accept(
      SimulatedNode target, FabricPeer peer, long nonce, long lastSeen, int dialled, long timeout) {
    if (life != dialled) {
      return;
    }
    boolean cut = sim.isCut(this, target, Way.LINKS) || sim.isCut(target, this, Way.LINKS);
    if (!cut && target.condition == Condition.STOPPED) {
      dialFailed(peer, true, dialled);
      return;
    }
    if (cut || target.condition != Condition.RUNNING || condition != Condition.RUNNING) {
      sim.at(timeout, () -> dialFailed(peer, false, dialled));
      return;
    }
    target.arrive(() -> establish(target, peer, nonce, lastSeen, dialled), target.life);
  }

  private void establish(
      SimulatedNode target, FabricPeer peer, long nonce, long lastSeen, int dialled) {
    if (life != dialled) {
      return;
    }
    SimulatedLink.End near = new SimulatedLink.End(this, ++lastLink);
    SimulatedLink.End far = new SimulatedLink.End(target, ++target.lastLink);
    SimulatedLink link = new SimulatedLink(sim, near, far);
    near.open = true;
    far.open = true;
    links.put(near.id, link);
    target.links.put(far.id, link);
    long incarnation = fabric().incarnation();
    long theirs = target.fabric().incarnation();
    link.transmit(
        far,
        () -> {
          if (near.isThere()) {
            arrive(
                () -> fabric().linkUp(sim.now(), near.id, target.self, theirs, peer, nonce, 0),
                dialled);
          } else if (life == dialled) {
            dialFailed(peer, false, dialled);
          }
        });
    target.fabric().linkUp(sim.now(), far.id, self, incarnation, null, nonce, lastSeen);
  }

  private void dialFailed(FabricPeer peer, boolean refused, int ofLife) {
    arrive(() -> fabric().dialFailed(sim.now(), peer, refused), ofLife);
  }

  @Override
  public void send(long link, Message message) {
    SimulatedLink open = links.get(link);
    if (open != null) {
      open.send(end(open), message);
    }
  }

  @Override
  public void close(long link) {
    SimulatedLink open = links.remove(link);
    if (open != null) {
      open.close(end(open));
    }
  }

  @Override
  public void sendDatagram(FabricPeer peer, Message message) {
    SimulatedNode target = sim.byAddress.get(peer.address());
    if (target == null) {
      return;
    }
    sim.metered(this, target, message);
    datagram(target, peer, _ -> target.fabric().receiveDatagram(sim.now(), self, message));
  }

  @Override
  public void storeIncarnation(long incarnation) {
    stored = incarnation;
  }

  @Override
  public void notify(Notification notification) {
    sim.notified(this, notification);
  }

  /** Its state and the time, for messages. */
  @Override
  public String toString() {
    return name() + " " + condition + " at " + sim.now() / MS + " ms";
  }
}
