package io.llamamesh.fabric.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.fabric.FabricOptions;
import io.llamamesh.fabric.MemberState;
import io.llamamesh.fabric.Notification;
import io.llamamesh.fabric.codec.ByteWriter;
import io.llamamesh.fabric.crdt.Actor;
import io.llamamesh.fabric.crdt.Document;
import io.llamamesh.fabric.crdt.DocumentCodec;
import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.multicast.Delivery;
import io.llamamesh.fabric.multicast.Multicast;
import io.llamamesh.fabric.multicast.MulticastCounters;
import io.llamamesh.fabric.multicast.MulticastOptions;
import io.llamamesh.fabric.multicast.MulticastOutbox;
import io.llamamesh.fabric.multicast.Tree;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.store.Key;
import io.llamamesh.fabric.store.MvStorage;
import io.llamamesh.fabric.store.ReplicatedStoreOptions;
import io.llamamesh.fabric.store.Result;
import io.llamamesh.fabric.store.Storage;
import io.llamamesh.fabric.store.StorageException;
import io.llamamesh.fabric.store.StoreCounters;
import io.llamamesh.fabric.store.StoreService;
import io.llamamesh.fabric.wire.EnclosedMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Store and multicast of three nodes over loopback, with files on disk. */
class SharedStateTest {

  private static final Key SHARED = new Key("jobs/done");
  private static final ReplicatedStoreOptions QUICK =
      new ReplicatedStoreOptions(
          256 << 10, 1 << 20, 16L << 20, 32, 64, Duration.ofSeconds(1), Duration.ofDays(7));

  private @TempDir Path folder;
  private final List<Host> hosts = new ArrayList<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

  /** What a node keeps, and what it hears. */
  private final class Host implements FabricPersistence, FabricNodeListener {
    final FabricPeer self;
    final Queue<Delivery> deliveries = new ConcurrentLinkedQueue<>();
    volatile MeshKeys keys = TestNode.key(1);
    volatile Path file;
    FabricNode node;

    Host(FabricPeer self, List<FabricPeer> contacts, ReplicatedStoreOptions options) {
      this.self = self;
      this.file = folder.resolve(self.name());
      this.node = start(contacts, options);
    }

    private FabricNode start(List<FabricPeer> contacts, ReplicatedStoreOptions options) {
      return FabricNode.start(
          new FabricNodeOptions(
              new TransportOptions(
                  "mesh",
                  self,
                  self.name().hashCode(),
                  List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port(self))),
                  false,
                  TransportLimits.standard()),
              FabricOptions.standard(),
              contacts,
              options),
          this,
          () -> keys,
          FabricEvidence.NONE,
          this);
    }

    /** Ends it as if it was killed, and starts it with what is on disk at that moment. */
    void kill(List<FabricPeer> contacts) throws Exception {
      Path killed = folder.resolve(self.name() + "-" + System.nanoTime());
      // On the thread that writes it, so that no write is going on.
      Path made = node.store().read(store -> copy(file, killed));
      assertThat(made).exists();
      node.close();
      file = killed;
      node = start(contacts, QUICK);
    }

    long counter(Key key) throws InterruptedException {
      try {
        return node.store().get(key).fields().counter("c");
      } catch (TimeoutException e) {
        return -1; // it is starting
      }
    }

    void add(Key key, long by) throws Exception {
      assertThat(outcome(key, by)).isInstanceOf(Result.Done.class);
    }

    Result outcome(Key key, long by) throws Exception {
      Operation plus = Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(by));
      return node.store().submit(key, plus, null).get(20, TimeUnit.SECONDS);
    }

    MulticastCounters multicasts() {
      return Objects.requireNonNullElse(
          node.multicastCounters(), new MulticastCounters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    StoreCounters stored() {
      return Objects.requireNonNull(node.store().counters());
    }

    long upCount() throws InterruptedException {
      try {
        return node.ask(
            fabric -> fabric.members().stream().filter(m -> m.state() == MemberState.UP).count());
      } catch (TimeoutException e) {
        return 0;
      }
    }

    @Override
    public long incarnation() {
      return 0;
    }

    @Override
    public void storeIncarnation(long incarnation) {}

    @Override
    public List<AgedAd> members() {
      return List.of();
    }

    @Override
    public void storeMembers(List<AgedAd> members) {}

    @Override
    public StoreService.Disk storeDisk() {
      return new StoreService.Disk() {
        @Override
        public Storage open() throws StorageException {
          return MvStorage.open(file.toString());
        }

        @Override
        public void setAside() {}
      };
    }

    @Override
    public void notified(Notification notification) {}

    @Override
    public void linkDown(FabricPeer peer, TransportEvent reason) {}

    @Override
    public void dialFailed(FabricPeer peer, TransportEvent reason) {}

    @Override
    public void cannotStart(String reason) {}

    @Override
    public void started(long incarnation) {}

    @Override
    public void delivered(Delivery delivery) {
      deliveries.add(delivery);
    }

    @Override
    public void failed(Throwable cause) {
      failures.add(cause);
    }
  }

  @BeforeEach
  void start() throws Exception {
    FabricPeer first = new FabricPeer("n1", "127.0.0.1:" + TestNode.freePort());
    hosts.add(new Host(first, List.of(), QUICK));
    for (int i = 2; i <= 3; i++) {
      FabricPeer peer = new FabricPeer("n" + i, "127.0.0.1:" + TestNode.freePort());
      hosts.add(new Host(peer, List.of(first), QUICK));
    }
    until(() -> hosts.getFirst().upCount() == 3 && hosts.getLast().upCount() == 3);
  }

  @AfterEach
  void end() {
    hosts.forEach(host -> host.node.close());
    assertThat(failures).isEmpty();
  }

  @Test
  void aKeyWrittenAtOneNodeIsReadAtAllAndSoAreThoseOfACutOnceItIsHealed() throws Exception {
    for (Host host : hosts) {
      host.add(SHARED, 5);
    }
    for (Host host : hosts) {
      until(() -> host.counter(SHARED) == 15);
    }
    Host apart = hosts.getLast();
    apart.keys = TestNode.key(2); // nobody speaks to it, and it speaks to nobody
    until(() -> hosts.getFirst().upCount() == 2);
    hosts.getFirst().add(SHARED, 1);
    apart.add(SHARED, 10);
    until(() -> hosts.get(1).counter(SHARED) == 16);
    assertThat(apart.counter(SHARED)).isEqualTo(25);
    apart.keys = TestNode.key(1);
    for (Host host : hosts) {
      until(() -> host.counter(SHARED) == 26);
    }
  }

  @Test
  void whatWasAcknowledgedSurvivesKillsOfItsWriterAndNothingCountsTwice() throws Exception {
    Host writer = hosts.getLast();
    List<FabricPeer> contacts = List.of(hosts.getFirst().self);
    for (int life = 1; life <= 5; life++) {
      for (int i = 0; i < 10; i++) {
        writer.add(SHARED, 1);
      }
      writer.kill(contacts);
      int sum = 10 * life;
      until(() -> writer.counter(SHARED) >= 0);
      assertThat(writer.counter(SHARED)).isEqualTo(sum);
    }
    for (Host host : hosts) {
      until(() -> host.counter(SHARED) == 50);
    }
  }

  @Test
  void aNodeWithAnEmptyDiskGetsEverythingAndGoesOnCounting() throws Exception {
    Host replaced = hosts.getLast();
    replaced.add(SHARED, 5);
    until(() -> hosts.getFirst().counter(SHARED) == 5);
    settled(replaced);
    assertThat(sent(replaced, MulticastOptions.DEFAULT)).containsExactly(1, 1, 0);
    replaced.node.close();
    replaced.file = folder.resolve("new");
    replaced.node = replaced.start(List.of(hosts.getFirst().self), QUICK);
    until(() -> replaced.counter(SHARED) >= 0);
    replaced.add(SHARED, 1);
    for (Host host : hosts) {
      until(() -> host.counter(SHARED) == 6);
    }
    // The first message of the new life is none of the old one's, whose numbers it uses again.
    settled(replaced);
    assertThat(sent(replaced, MulticastOptions.DEFAULT)).containsExactly(1, 1, 0);
  }

  @Test
  void boundsOfValuesAndOwnersAreKept() throws Exception {
    Host host = hosts.getFirst();
    Result.Done large = (Result.Done) assign(host, "big/1", 300 << 10);
    assertThat(large.isLarge()).isTrue();
    assertThat(assign(host, "big/2", (1 << 20) - 1_000)).isInstanceOf(Result.Done.class);
    assertThat(assign(host, "big/3", 1 << 20)).isInstanceOf(Result.TooLarge.class);
    int full = 0;
    for (int i = 0; i < 20 && full == 0; i++) {
      full += assign(host, "many/" + i, 1_000_000) instanceof Result.Full ? 1 : 0;
    }
    assertThat(full).isEqualTo(1);
    assertThat(host.outcome(new Key("node/n2/x"), 1)).isEqualTo(new Result.Forbidden("n2"));
    host.add(new Key("node/n1/x"), 1);
    // All of it, large values too, comes to the others and ends no link.
    for (Host other : hosts) {
      until(() -> other.stored().keys() == host.stored().keys());
      assertThat(Objects.requireNonNull(other.node.counters()).count(TransportEvent.SLOW_NEIGHBOR))
          .isZero();
    }
  }

  private static Result assign(Host host, String key, int bytes) throws Exception {
    Operation operation =
        Operation.Update.field("v", FieldType.REGISTER, new Operation.Assign("x".repeat(bytes)));
    return host.node.store().submit(new Key(key), operation, null).get(20, TimeUnit.SECONDS);
  }

  @Test
  void eachOptionOfMulticastHasItsExactEffect() throws Exception {
    Host sender = hosts.getFirst();
    settled(sender);
    assertThat(sent(sender, MulticastOptions.DEFAULT)).containsExactly(0, 1, 1);
    assertThat(sent(sender, MulticastOptions.DEFAULT.withLoop(true))).containsExactly(1, 1, 1);
    assertThat(sent(sender, MulticastOptions.DEFAULT.withOnlyNodes(Set.of("n3"))))
        .containsExactly(0, 0, 1);
    assertThat(sent(sender, MulticastOptions.DEFAULT.withOnlyNodes(Set.of("n1")).withLoop(true)))
        .containsExactly(1, 0, 0);
    assertThat(sent(sender, MulticastOptions.DEFAULT.withFanout(3))).containsExactly(0, 1, 1);
    assertThat(sent(sender, MulticastOptions.DEFAULT.withTtl(0))).containsExactly(0, 0, 0);
    until(() -> sender.multicasts().expired() > 0);
    assertThat(sent(sender, MulticastOptions.DEFAULT.withRecordRoute(true)))
        .containsExactly(0, 1, 1);
    for (Host host : hosts.subList(1, 3)) {
      List<String> route = host.deliveries.stream().toList().getLast().route();
      assertThat(route).startsWith("n1").endsWith(host.self.name());
    }
    assertThatThrownBy(
            () -> sender.node.multicast("t", new byte[(64 << 10) + 1], MulticastOptions.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> sender.node.multicast("fabric/store", new byte[1], MulticastOptions.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Waits until every node has a way to every other one. */
  private void settled(Host host) throws Exception {
    String root = host.self.name();
    for (Host each : hosts) {
      until(() -> each.node.ask(fabric -> fabric.routes(root).distances().size() == 3));
    }
  }

  /** Numbers of deliveries at n1, n2, n3; a marker that all get says when it is over. */
  private List<Integer> sent(Host sender, MulticastOptions options) throws Exception {
    hosts.forEach(host -> host.deliveries.clear());
    byte[] payload = "hello".getBytes(StandardCharsets.UTF_8);
    var _ = sender.node.multicast("topic", payload, options);
    byte[] end = "end".getBytes(StandardCharsets.UTF_8);
    var _ = sender.node.multicast("end", end, MulticastOptions.DEFAULT.withLoop(true));
    for (Host host : hosts) {
      until(() -> host.deliveries.stream().anyMatch(d -> d.topic().equals("end")));
    }
    List<Integer> counts = new ArrayList<>();
    for (Host host : hosts) {
      host.deliveries.removeIf(d -> d.topic().equals("end"));
      counts.add(host.deliveries.size());
    }
    return counts;
  }

  @Test
  void whatAHostileNeighbourSendsIsCountedAndChangesNothing() throws Exception {
    Host host = hosts.getFirst();
    host.add(SHARED, 1);
    try (TestNode neighbour = TestNode.start("n9", TestNode.key(1), TransportLimits.standard())) {
      neighbour.transport.dial(host.self, 1, 0);
      TestNode.until(() -> !neighbour.ups.isEmpty(), neighbour);
      byte[] noise = new byte[1_000];
      new Random(1).nextBytes(noise);
      byte[] oversized = new byte[EnclosedMessage.MAX_BYTES];
      List<EnclosedMessage> hostile = new ArrayList<>();
      hostile.add(new EnclosedMessage.OfStore(noise));
      hostile.add(new EnclosedMessage.OfStore(oversized));
      hostile.add(new EnclosedMessage.OfMulticast(noise));
      hostile.add(new EnclosedMessage.OfMulticast(oversized));
      hostile.add(copy("fabric/store", noise)); // no message of a store
      hostile.add(copy("fabric/store", delta("x/y", noise))); // no document in it
      hostile.add(copy("fabric/store", delta("node/n1/x", written("n9"))));
      hostile.add(copy("fabric/unknown", noise));
      hostile.add(copy("topic", noise));
      for (EnclosedMessage message : hostile) {
        assertThat(neighbour.transport.trySend(neighbour.link(), message)).isTrue();
      }
      TestNode.until(() -> host.multicasts().malformed() == 2, neighbour);
      TestNode.until(() -> host.stored().malformed() == 4, neighbour);
      TestNode.until(() -> host.stored().foreignWrites() == 1, neighbour);
      TestNode.until(() -> host.deliveries.size() == 1, neighbour); // of topic "topic" only
      assertThat(neighbour.downs).isEmpty();
    }
    assertThat(host.counter(SHARED)).isEqualTo(1);
    assertThat(host.counter(new Key("node/n1/x"))).isZero();
    assertThat(host.stored().keys()).isEqualTo(1);
  }

  private static EnclosedMessage copy(String topic, byte[] payload) {
    List<byte[]> copies = new ArrayList<>();
    Multicast multicast =
        new Multicast(
            "n9",
            new Random().nextLong(1 << 30) + 1,
            root -> Tree.of(Map.of("n1", "n9")),
            new MulticastOutbox() {
              @Override
              public boolean trySend(String neighbour, byte[] message) {
                return copies.add(message);
              }

              @Override
              public void deliver(Delivery delivery) {}
            },
            new Random(1));
    var _ = multicast.send(topic, payload, MulticastOptions.DEFAULT);
    return new EnclosedMessage.OfMulticast(copies.getFirst());
  }

  private static byte[] delta(String key, byte[] document) {
    ByteWriter out = new ByteWriter();
    out.writeByte(1);
    out.writeByte(8);
    out.writeVarint(1);
    out.writeText(key);
    out.writeBytes(document);
    return out.toBytes();
  }

  private static byte[] written(String node) throws Exception {
    Operation plus = Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(1));
    return DocumentCodec.encode(Document.EMPTY.apply(plus, new Actor(node, 7), 1, 0).delta());
  }

  private static Path copy(Path from, Path to) {
    try {
      return Files.copy(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int port(FabricPeer peer) {
    return Integer.parseInt(peer.address().substring(peer.address().lastIndexOf(':') + 1));
  }

  /** Something that must come true. */
  private interface Check {
    boolean holds() throws Exception;
  }

  private static void until(Check check) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!check.holds()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within 60 s");
      }
      Thread.onSpinWait();
    }
  }
}
