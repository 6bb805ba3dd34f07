package io.llamamesh.bench.attack;

import io.llamamesh.bench.attack.Attack.Attempted;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Forgeries that would excuse the loss that is really there. */
final class ForgeryAttacks {

  /** Bytes of a probe of ours before its slots, and where these have direction, flags and MAC. */
  private static final int AT_SLOTS = 27;

  private static final int AT_DIRECTION = AT_SLOTS + 3;
  private static final int AT_FLAGS = AT_SLOTS + 4;
  private static final int AT_EPOCH = AT_SLOTS + 24;
  private static final int AT_LIMITED = AT_SLOTS + 40;
  private static final int AT_MAC = AT_SLOTS + 56;
  private static final int FLAG_DRAINING = 1;
  private static final int FLAG_STALLED = 16;
  private static final int SHORTEST = AT_SLOTS + 64;

  private ForgeryAttacks() {}

  /** Answers to each probe of the bad way, by somebody on it, from the peer's own address. */
  static final class Answers implements Attack {
    @Override
    public String name() {
      return "forged-answers";
    }

    @Override
    public String mustHold() {
      return "loss stays what the path drops";
    }

    @Override
    public Attempted run(AttackedMesh mesh, Instant end) throws IOException, InterruptedException {
      AtomicLong forged = new AtomicLong();
      double before = unkeyed(mesh);
      mesh.path()
          .observe((probe, answers) -> {
            for (int kind = 0; kind < 3; kind++) {
              answers.send(forge(probe, (int) (forged.getAndIncrement() % 5)));
            }
          });
      try {
        while (Instant.now().isBefore(end)) {
          Thread.sleep(Duration.ofMillis(100));
        }
      } finally {
        mesh.path().observe(null);
      }
      double seen = unkeyed(mesh) - before;
      return Attempted.when(
          seen > 0, forged.get(), "%.0f of them counted as unkeyed".formatted(seen));
    }

    private static double unkeyed(AttackedMesh mesh) {
      return mesh.metric(1, "llamamesh_collector_events_total{event=\"unkeyed_answer\"}");
    }
  }

  /** The probe itself, a reply, a goodbye, a report of drops, a word of having stood still. */
  private static ByteBuffer forge(ByteBuffer probe, int kind) {
    ByteBuffer answer = ByteBuffer.allocate(probe.remaining());
    answer.put(probe.duplicate()).flip();
    if (kind == 0 || answer.remaining() < SHORTEST) {
      return answer;
    }
    answer.put(AT_DIRECTION, (byte) 1);
    answer.put(AT_FLAGS, (byte) (kind == 2 ? FLAG_DRAINING : kind == 4 ? FLAG_STALLED : 0));
    answer.putInt(AT_EPOCH, 77);
    if (kind == 3) {
      answer.putInt(AT_LIMITED, 1_000_000);
    }
    answer.putLong(AT_MAC, answer.getLong(AT_MAC) + kind - 1);
    return answer;
  }

  /** ICMP errors about probes of the bad way and of others, from a raw socket. */
  static final class Errors implements Attack {
    @Override
    public String name() {
      return "forged-errors";
    }

    @Override
    public String mustHold() {
      return "loss stays what the path drops";
    }

    @Override
    public String obstacle() {
      return RawIcmp.isAllowed() ? "" : "needs a raw socket (root)";
    }

    @Override
    public Attempted run(AttackedMesh mesh, Instant end) throws IOException, InterruptedException {
      Map<Integer, byte[]> newest = new ConcurrentHashMap<>();
      AtomicLong sent = new AtomicLong();
      double before = unproven(mesh);
      mesh.path()
          .observe((probe, answers) -> {
            byte[] bytes = new byte[probe.remaining()];
            probe.get(bytes);
            if (bytes.length >= SHORTEST) {
              bytes[AT_MAC] ^= 0x55;
              var _ = newest.put((int) (sent.get() % 16), bytes);
            }
          });
      InetAddress victim = mesh.agent(1).getAddress();
      int port = mesh.agent(1).getPort();
      try (RawIcmp icmp = RawIcmp.open(victim)) {
        while (Instant.now().isBefore(end)) {
          for (int i = 0; i < AttackedMesh.SOURCE_PORTS; i++) {
            int from = AttackedMesh.BASE_PORT + i;
            for (byte[] quote : newest.values()) {
              icmp.portUnreachable(from, AttackedMesh.pathAddress(), port, quote);
              icmp.tooBig(from, AttackedMesh.pathAddress(), port, quote, 600);
              sent.addAndGet(2);
            }
            icmp.portUnreachable(from, mesh.agent(3).getAddress(), port, new byte[228]);
            sent.incrementAndGet();
          }
          Thread.sleep(Duration.ofMillis(20));
        }
      } finally {
        mesh.path().observe(null);
      }
      double seen = unproven(mesh) - before;
      return Attempted.when(seen > 0, sent.get(), "%.0f of them unproven".formatted(seen));
    }

    private static double unproven(AttackedMesh mesh) {
      return mesh.metric(1, "llamamesh_collector_events_total{event=\"unproven_error\"}");
    }
  }
}
