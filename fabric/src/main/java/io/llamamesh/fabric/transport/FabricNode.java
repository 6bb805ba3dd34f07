package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.FabricHost;
import io.llamamesh.fabric.Notification;
import io.llamamesh.fabric.detector.DetectorMessage.Pong;
import io.llamamesh.fabric.linkstate.LinkStateMessage.LeavingSeen;
import io.llamamesh.fabric.multicast.Delivery;
import io.llamamesh.fabric.multicast.MessageId;
import io.llamamesh.fabric.multicast.Multicast;
import io.llamamesh.fabric.multicast.MulticastCounters;
import io.llamamesh.fabric.multicast.MulticastOptions;
import io.llamamesh.fabric.multicast.MulticastOutbox;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Incarnation;
import io.llamamesh.fabric.node.Message;
import io.llamamesh.fabric.store.StoreOutbox;
import io.llamamesh.fabric.store.StoreService;
import io.llamamesh.fabric.wire.EnclosedMessage;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Fabric} on real sockets with what is built on it, multicast and the replicated store:
 * one thread owns fabric, multicast, transport and clock, another one the store. Others ask by
 * {@link #ask}, set peers by {@link #setPeers}, send by {@link #multicast}; all are bounded and
 * time out.
 *
 * <p>Where its port is taken it takes no part and tries again each second: a node that is not heard
 * on its port must not judge others.
 */
public final class FabricNode implements AutoCloseable {

  private static final long MS = 1_000_000L;
  private static final long ASK_TIMEOUT_MILLIS = 2_000;
  private static final int WAITING = 64;
  private static final long BIND_AGAIN_MILLIS = 1_000;
  private static final long KEEP_EACH = 30_000 * MS;
  private static final long STOOD_STILL = 60 * MS;
  private static final long NUMBERS_EACH = 1_000 * MS;

  /** Topics that begin so are of the fabric's own parts. */
  public static final String OWN_TOPICS = "fabric/";

  /** Topic of what stores send to all. */
  private static final String STORE_TOPIC = OWN_TOPICS + "store";

  /** The store's messages handled between two looks at the clock and the sockets. */
  private static final int OUTGOING_EACH = 32;

  private final FabricNodeOptions options;
  private final FabricPersistence memory;
  private final Supplier<MeshKeys> keys;
  private final FabricEvidence evidence;
  private final FabricNodeListener listener;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final CountDownLatch left = new CountDownLatch(1);
  private final Queue<Runnable> waiting = new ArrayBlockingQueue<>(WAITING);
  private final OutgoingMessages outgoing = new OutgoingMessages();
  private final StoreService store;
  private final FabricChanges changes = new FabricChanges();
  private volatile @Nullable Running running;
  private volatile @Nullable String problem;
  private volatile @Nullable Peers wanted;
  private volatile @Nullable FabricStatistics numbers;
  private volatile @Nullable MulticastCounters multicasts;

  private record Peers(List<FabricPeer> contacts, List<FabricPeer> observed) {}

  private FabricNode(
      FabricNodeOptions options,
      FabricPersistence memory,
      Supplier<MeshKeys> keys,
      FabricEvidence evidence,
      FabricNodeListener listener) {
    this.options = options;
    this.memory = memory;
    this.keys = keys;
    this.evidence = evidence;
    this.listener = listener;
    this.thread = Thread.ofPlatform().name("fabric").daemon(true).unstarted(this::run);
    this.store =
        StoreService.start(
            options.transport().self().name(),
            memory.storeDisk(),
            options.store(),
            new StoreOutlet(),
            new StoreListener(),
            InstantSource.system(),
            new SplittableRandom(new SecureRandom().nextLong()));
  }

  /**
   * Starts a node.
   *
   * @param keys the mesh's keys as they are now; any thread's call
   */
  public static FabricNode start(
      FabricNodeOptions options,
      FabricPersistence memory,
      Supplier<MeshKeys> keys,
      FabricEvidence evidence,
      FabricNodeListener listener) {
    FabricNode node = new FabricNode(options, memory, keys, evidence, listener);
    node.thread.start();
    return node;
  }

  /** This node's name and address. */
  public FabricPeer self() {
    return options.transport().self();
  }

  /** The reason why it takes no part; null where it does. */
  public @Nullable String problem() {
    return problem;
  }

  /** Its counts; null while it takes no part. */
  public @Nullable TransportCounters counters() {
    Running now = running;
    return now == null ? null : now.transport.counters();
  }

  /** Its numbers of the last second; null while it takes no part. */
  public @Nullable FabricStatistics statistics() {
    return numbers;
  }

  /** The multicast's numbers of the last second; null while it takes no part. */
  public @Nullable MulticastCounters multicastCounters() {
    return multicasts;
  }

  /** The replicated store; it works alone while the node takes no part. */
  public StoreService store() {
    return store;
  }

  /**
   * Sends a message to other nodes; it is on its way when this returns.
   *
   * @param topic what it is about, not one of {@link #OWN_TOPICS}
   * @return its name
   * @throws IllegalArgumentException when topic, payload or options are out of bounds
   * @throws TimeoutException where it takes no part, too many ask, or it does not answer in time
   */
  public MessageId multicast(String topic, byte[] payload, MulticastOptions how)
      throws TimeoutException, InterruptedException {
    if (topic.startsWith(OWN_TOPICS)) {
      throw new IllegalArgumentException("topics of " + OWN_TOPICS + " are the fabric's own");
    }
    Multicast.check(topic, payload, how);
    return call(life -> life.multicast.send(topic, payload, how));
  }

  /** Versions of what it knows; they go on from life to life. */
  public FabricChanges changes() {
    return changes;
  }

  /**
   * The peers of a new config.
   *
   * @param contacts whom to ask to be taken in
   * @param observed whom the collector probes
   */
  public void setPeers(Collection<FabricPeer> contacts, Collection<FabricPeer> observed) {
    wanted = new Peers(List.copyOf(contacts), List.copyOf(observed));
  }

  /**
   * Answers a question about the fabric.
   *
   * @param question runs on the node's thread; what it returns must not change any more
   * @throws TimeoutException where it takes no part, too many ask, or it does not answer in time
   */
  public <T> T ask(Function<Fabric, T> question) throws TimeoutException, InterruptedException {
    return call(life -> question.apply(life.fabric));
  }

  private <T> T call(Function<Running, T> question) throws TimeoutException, InterruptedException {
    Running now = running;
    if (now == null) {
      String why = problem;
      throw new TimeoutException(why == null ? "the fabric is starting" : why);
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    boolean taken =
        waiting.offer(() -> {
          try {
            answer.complete(question.apply(now));
          } catch (RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    if (!taken) {
      throw new TimeoutException("too many ask the fabric at once");
    }
    now.transport.wakeup();
    try {
      return answer.get(ASK_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the fabric failed to answer", e.getCause());
    }
  }

  /**
   * Announces to the others that this node ends on purpose.
   *
   * @return whether enough of them have confirmed it in time
   */
  public boolean tryLeave(Duration patience) throws InterruptedException {
    try {
      var _ =
          ask(fabric -> {
            fabric.leave(System.nanoTime());
            return true;
          });
    } catch (TimeoutException e) {
      return false; // nobody knows it, then
    }
    return left.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void run() {
    while (!isStopped()) {
      try {
        live();
      } catch (IOException e) {
        String why = String.valueOf(e.getMessage());
        problem = why;
        listener.cannotStart(why);
        pause();
      } catch (RuntimeException e) {
        problem = e.toString();
        listener.failed(e);
        pause();
      }
    }
  }

  private boolean isStopped() {
    return stop.getCount() == 0;
  }

  private void pause() {
    try {
      if (stop.await(BIND_AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      stop.countDown();
    }
  }

  private void live() throws IOException {
    long stored = memory.incarnation();
    long incarnation = Incarnation.first(System.currentTimeMillis() / 1_000, stored);
    Running life = new Running(incarnation);
    try (life) {
      memory.storeIncarnation(incarnation);
      running = life;
      problem = null;
      listener.started(incarnation);
      changes.recordLife();
      life.turn();
      memory.storeMembers(life.fabric.snapshot());
    } finally {
      running = null;
      numbers = null;
      multicasts = null;
      store.neighboursGone();
      outgoing.clear();
      changes.recordLife();
    }
  }

  /** One life: what its thread alone uses. */
  private final class Running
      implements FabricHost,
          TransportListener,
          FabricEvidence.Sink,
          MulticastOutbox,
          AutoCloseable {
    private final Transport transport;
    private final Fabric fabric;
    private final Multicast multicast;
    private final long first;
    private @Nullable Peers applied;
    private long nextTick;
    private long nextKeep;
    private long nextNumbers;
    private boolean firstOfTurn;

    Running(long incarnation) throws IOException {
      first = incarnation;
      transport = Transport.open(options.transport(), incarnation, keys, this, System::nanoTime);
      long now = System.nanoTime();
      nextTick = now + Fabric.TICK;
      nextKeep = now + KEEP_EACH;
      nextNumbers = now;
      SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
      try {
        fabric =
            new Fabric(
                options.transport().self(),
                incarnation,
                options.contacts(),
                memory.members(),
                options.fabric(),
                random.split(),
                this,
                now);
        // By chance: so no life has another's number, whatever disk and clock say.
        long life = 1 + random.nextLong(MulticastOptions.MAX_LIFE);
        multicast =
            new Multicast(
                options.transport().self().name(),
                life,
                new LinkStateTrees(fabric),
                this,
                random.split());
      } catch (RuntimeException e) {
        transport.close();
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      transport.close();
    }

    void turn() throws IOException {
      while (!isStopped()) {
        long now = System.nanoTime();
        if (now - nextTick >= 0) {
          // Before what has waited meanwhile: the fabric must know that it stood still.
          tick(now);
        }
        firstOfTurn = true;
        boolean idle = waiting.isEmpty() && outgoing.isEmpty();
        transport.poll(idle ? Math.max(0, nextTick - System.nanoTime()) : 0);
        // One at least; the others have their turn after what is due.
        for (int due = WAITING; due > 0; due--) {
          if (due < WAITING && System.nanoTime() - nextTick >= 0) {
            break;
          }
          Runnable asked = waiting.poll();
          if (asked == null) {
            break;
          }
          asked.run();
        }
        for (int due = OUTGOING_EACH; due > 0; due--) {
          OutgoingMessages.Outgoing message = outgoing.poll();
          if (message == null) {
            break;
          }
          guard(() -> sendForStore(message));
        }
      }
    }

    private void sendForStore(OutgoingMessages.Outgoing message) {
      String neighbour = message.neighbour();
      if (neighbour == null) {
        var _ = multicast.send(STORE_TOPIC, message.bytes(), MulticastOptions.DEFAULT);
      } else {
        var _ = trySend(neighbour, new EnclosedMessage.OfStore(message.bytes()));
      }
    }

    private boolean trySend(String neighbour, EnclosedMessage message) {
      boolean sent = transport.trySend(fabric.linkTo(neighbour), message);
      if (!sent) {
        transport.counters().add(TransportEvent.MESSAGE_UNSENT);
      }
      return sent;
    }

    private void tick(long now) {
      // First, since it gives those their time back that were asked before this process stood
      // still.
      guard(() -> fabric.tick(now));
      Peers next = wanted;
      if (next != null && !next.equals(applied)) {
        applied = next;
        guard(() -> fabric.setContacts(now, next.contacts()));
        guard(() -> fabric.observe(now, next.observed()));
      }
      guard(() -> evidence.drain(this));
      nextTick = now - nextTick > Fabric.TICK ? now + Fabric.TICK : nextTick + Fabric.TICK;
      if (now - nextNumbers >= 0) {
        nextNumbers = now + NUMBERS_EACH;
        guard(() -> numbers = FabricStatistics.of(fabric, transport.links()));
        multicasts = multicast.counters();
      }
      if (now - nextKeep >= 0) {
        nextKeep = now + KEEP_EACH;
        guard(() -> memory.storeMembers(fabric.snapshot()));
      }
    }

    /**
     * The time of what has arrived. Where this process stood still while it waited, that is said to
     * the fabric first, or it would take its own pause for the peers'.
     */
    private long arrival() {
      long now = System.nanoTime();
      if (firstOfTurn) {
        firstOfTurn = false; // later ones of this turn are late by what this thread itself does
        if (now - nextTick > STOOD_STILL) {
          tick(now);
        }
      }
      return now;
    }

    /** A mistake in what one message leads to must not end the rest. */
    private void guard(Runnable event) {
      try {
        event.run();
      } catch (RuntimeException e) {
        transport.counters().add(TransportEvent.INTERNAL_ERROR);
        listener.failed(e);
      }
    }

    // What arrives.

    @Override
    public void linkUp(
        long link,
        FabricPeer peer,
        long incarnation,
        @Nullable FabricPeer expected,
        long nonce,
        long seen) {
      long now = arrival();
      guard(() -> fabric.linkUp(now, link, peer, incarnation, expected, nonce, seen));
    }

    @Override
    public void linkDown(long link, FabricPeer peer, TransportEvent reason) {
      listener.linkDown(peer, reason);
      long now = arrival();
      guard(() -> fabric.linkDown(now, link));
    }

    @Override
    public void dialFailed(FabricPeer peer, TransportEvent reason) {
      listener.dialFailed(peer, reason);
      boolean refused = reason == TransportEvent.DIAL_REFUSED;
      long now = arrival();
      guard(() -> fabric.dialFailed(now, peer, refused));
    }

    @Override
    public void received(long link, Message message) {
      long now = arrival();
      guard(() -> fabric.receive(now, link, message));
      String peer = message instanceof EnclosedMessage ? fabric.peerOf(link) : null;
      if (peer != null) {
        guard(() -> take(peer, (EnclosedMessage) message));
      }
    }

    private void take(String peer, EnclosedMessage message) {
      switch (message) {
        case EnclosedMessage.OfMulticast(byte[] bytes) -> multicast.onMessage(peer, bytes);
        case EnclosedMessage.OfStore(byte[] bytes) -> countTaken(store.tryTake(peer, bytes));
      }
    }

    private void countTaken(boolean isTaken) {
      if (!isTaken) {
        transport.counters().add(TransportEvent.STORE_OVERLOADED);
      }
    }

    // What multicast asks for.

    @Override
    public boolean trySend(String neighbour, byte[] message) {
      return trySend(neighbour, new EnclosedMessage.OfMulticast(message));
    }

    @Override
    public void deliver(Delivery delivery) {
      if (delivery.topic().equals(STORE_TOPIC)) {
        countTaken(store.tryTakeMulticast(delivery.payload()));
      } else if (!delivery.topic().startsWith(OWN_TOPICS)) {
        guard(() -> listener.delivered(delivery));
      }
    }

    @Override
    public void datagram(FabricPeer from, long to, Message message) {
      boolean answers = message instanceof Pong || message instanceof LeavingSeen;
      if (answers && (to < first || to > fabric.incarnation())) {
        // It answers another life's question, whose numbers this one uses again.
        transport.counters().add(TransportEvent.DATAGRAM_REPLAYED);
        return;
      }
      long now = arrival();
      guard(() -> fabric.receiveDatagram(now, from, message));
    }

    @Override
    public void answered(String peer, long sentAt, long roundTrip, int epoch) {
      if (transport.isEpoch(peer, epoch)) {
        fabric.probeAnswered(System.nanoTime(), peer, sentAt, roundTrip);
      } else {
        transport.counters().add(TransportEvent.REPLY_OF_ANOTHER_NODE);
        if (epoch != 0 && !transport.isKnown(peer)) {
          fabric.probeAnsweredByStranger(System.nanoTime());
        }
      }
    }

    @Override
    public void refused(String peer) {
      fabric.refused(System.nanoTime(), peer);
    }

    // What the fabric asks for.

    @Override
    public void neighborUp(String peer) {
      store.neighbourUp(peer);
    }

    @Override
    public void neighborDown(String peer) {
      store.neighbourDown(peer);
    }

    @Override
    public void dial(FabricPeer peer, long nonce, long lastSeen) {
      transport.dial(peer, nonce, lastSeen);
    }

    @Override
    public void send(long link, Message message) {
      transport.send(link, message);
    }

    @Override
    public void close(long link) {
      transport.close(link);
    }

    @Override
    public void sendDatagram(FabricPeer peer, Message message) {
      transport.sendDatagram(peer, message);
    }

    @Override
    public void storeIncarnation(long incarnation) {
      try {
        memory.storeIncarnation(incarnation);
      } catch (IOException e) {
        listener.failed(e); // a greater one is found again at the next start
      }
      transport.incarnation(incarnation);
    }

    @Override
    public void notify(Notification notification) {
      if (notification instanceof Notification.LeavingKnown) {
        left.countDown();
      }
      changes.record(notification);
      listener.notified(notification);
    }
  }

  /** Way of the store's messages to the node's thread. */
  private final class StoreOutlet implements StoreOutbox {

    @Override
    public void send(String neighbour, byte[] message) {
      hand(neighbour, message);
    }

    @Override
    public void multicast(byte[] message) {
      hand(null, message);
    }

    private void hand(@Nullable String neighbour, byte[] message) {
      Running now = running;
      if (now == null) {
        return; // there is nobody: those who come will ask
      }
      if (outgoing.tryAdd(neighbour, message)) {
        now.transport.wakeup();
      } else {
        now.transport.counters().add(TransportEvent.MESSAGE_UNSENT);
      }
    }
  }

  private final class StoreListener implements StoreService.Listener {

    @Override
    public void storeUnavailable(String reason) {
      listener.storeUnavailable(reason);
    }

    @Override
    public void storeRebuilt() {
      listener.storeRebuilt();
    }

    @Override
    public void failed(Throwable cause) {
      listener.failed(cause);
    }
  }

  /** Ends it without a word to the others; see {@link #tryLeave}. */
  @Override
  public void close() {
    stop.countDown();
    Running now = running;
    if (now != null) {
      now.transport.wakeup();
    }
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    store.close();
  }
}
