package io.llamamesh.bench.attack;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.bench.attack.Attack.Attempted;
import io.llamamesh.results.Point;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/** Attacks by mass: datagrams, connections, requests, answers that nobody reads. */
final class FloodAttacks {

  private static final int LONGEST = 1_400;
  private static final int DATAGRAMS_PER_SECOND = 10_000;
  private static final int REPLAYS_PER_SECOND = 4_000;
  private static final int MADE_UP_SOURCES = 5_000;
  private static final int MOST_SOURCES = 200;
  private static final int SLOW_CLIENTS = 20;
  private static final int TOO_MANY_CLIENTS = 400;

  private FloodAttacks() {}

  /** Random bytes at each reflector and each fabric port. */
  static final class Datagrams implements Attack {
    @Override
    public String name() {
      return "datagrams";
    }

    @Override
    public String mustHold() {
      return "none is answered, no probe is lost by them";
    }

    @Override
    public Attempted run(AttackedMesh mesh, Instant end) throws IOException {
      List<InetSocketAddress> targets = new ArrayList<>();
      for (int i = 1; i <= mesh.agents(); i++) {
        targets.add(mesh.agent(i));
        targets.add(mesh.fabric(i));
      }
      Random random = new Random(1);
      byte[] noise = new byte[1 << 16];
      random.nextBytes(noise);
      long sent = 0;
      long answers = 0;
      try (DatagramChannel channel = DatagramChannel.open().bind(from("127.0.0.1"))) {
        channel.configureBlocking(false);
        ByteBuffer answer = ByteBuffer.allocate(LONGEST);
        while (Instant.now().isBefore(end)) {
          for (int i = 0; i < DATAGRAMS_PER_SECOND / 100; i++) {
            int length = random.nextInt(LONGEST);
            ByteBuffer bytes =
                ByteBuffer.wrap(noise, random.nextInt(noise.length - length), length);
            sent += channel.send(bytes, targets.get((int) (sent % targets.size()))) >= 0 ? 1 : 0;
          }
          while (channel.receive(answer.clear()) != null) {
            answers++;
          }
          LockSupport.parkNanos(10_000_000);
        }
      }
      return Attempted.when(answers == 0, sent, answers + " answers");
    }
  }

  /** A keyed probe that was recorded, sent again from made-up sources. */
  static final class Replays implements Attack {
    @Override
    public String name() {
      return "replayed-probes";
    }

    @Override
    public String mustHold() {
      return "a window names no more senders than it may";
    }

    @Override
    public Attempted run(AttackedMesh mesh, Instant end) throws IOException, InterruptedException {
      AtomicReference<byte[]> recorded = new AtomicReference<>();
      mesh.path().observe((probe, answers) -> recorded.compareAndSet(null, bytes(probe)));
      while (recorded.get() == null && Instant.now().isBefore(end)) {
        Thread.sleep(Duration.ofMillis(20));
      }
      mesh.path().observe(null);
      byte[] probe = recorded.get();
      if (probe == null) {
        throw new IOException("no probe passed in all the time");
      }
      long sent = 0;
      while (Instant.now().isBefore(end)) {
        for (int i = 0; i < REPLAYS_PER_SECOND / 50; i++) {
          try (DatagramChannel channel = DatagramChannel.open().bind(from(source(sent)))) {
            sent += channel.send(ByteBuffer.wrap(probe), mesh.agent(2)) > 0 ? 1 : 0;
          }
        }
        LockSupport.parkNanos(20_000_000);
      }
      int senders = 0;
      for (JsonNode point : mesh.json(2, "/influxdata")) {
        senders += point.path("measurement").asText().equals(Point.REFLECTED_STATS) ? 1 : 0;
      }
      double replayed = mesh.metric(2, "llamamesh_reflector_replayed_total");
      return Attempted.when(
          replayed > 0 && senders <= MOST_SOURCES,
          sent,
          "%d senders in a window, %.0f seen as replays".formatted(senders, replayed));
    }
  }

  /** One of many addresses that this host has. */
  private static String source(long number) {
    long source = number % MADE_UP_SOURCES;
    return "127.66." + source / 250 + "." + (source % 250 + 1);
  }

  private static InetSocketAddress from(String address) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), 0);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] all = new byte[buffer.remaining()];
    buffer.get(all);
    return all;
  }

  /** Connections of HTTP that are slow in all ways, as many as leave room for others. */
  static final class SlowClients implements Attack {
    @Override
    public String name() {
      return "slow-clients";
    }

    @Override
    public String mustHold() {
      return "others are served beside them";
    }

    @Override
    public Attempted run(AttackedMesh mesh, Instant end) throws IOException, InterruptedException {
      return hold(mesh, end, SLOW_CLIENTS);
    }
  }

  /** More connections than each port takes. */
  static final class Connections implements Attack {
    @Override
    public String name() {
      return "connections";
    }

    @Override
    public String mustHold() {
      return "what waited meanwhile comes after";
    }

    @Override
    public boolean leavesVerdict() {
      return false;
    }

    @Override
    public Attempted run(AttackedMesh mesh, Instant end) throws IOException, InterruptedException {
      return hold(mesh, end, TOO_MANY_CLIENTS);
    }
  }

  private static Attempted hold(AttackedMesh mesh, Instant end, int clients)
      throws IOException, InterruptedException {
    byte[] half =
        ("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(15_000))
            .getBytes(StandardCharsets.US_ASCII);
    byte[] longRequest =
        "GET /api/v1/matrix HTTP/1.1\r\nHost: localhost\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);
    List<Socket> held = new ArrayList<>();
    long opened = 0;
    try {
      while (Instant.now().isBefore(end)) {
        for (InetSocketAddress port : mesh.httpPorts()) {
          for (int i = 0; i < clients && Instant.now().isBefore(end); i++) {
            Socket socket = new Socket();
            try {
              socket.setReceiveBufferSize(4_096);
              socket.connect(port, 500);
              held.add(socket);
              opened++;
              // Half a head, nothing at all, a request whose answer nobody reads.
              if (i % 3 != 1) {
                socket.getOutputStream().write(i % 3 == 0 ? half : longRequest);
              }
            } catch (IOException refused) {
              socket.close();
            }
          }
        }
        for (int i = 0; i < 50 && Instant.now().isBefore(end); i++) {
          Thread.sleep(Duration.ofMillis(100));
        }
        close(held);
      }
    } finally {
      close(held);
    }
    return Attempted.held(opened, mesh.httpPorts().size() + " ports");
  }

  private static void close(List<Socket> held) throws IOException {
    for (Socket socket : held) {
      socket.close();
    }
    held.clear();
  }

  /** Connections and frames at the port of the fabric by who is no member. */
  static final class FabricStrangers implements Attack {
    @Override
    public String name() {
      return "fabric-strangers";
    }

    @Override
    public String mustHold() {
      return "all members stay up, and no other appears";
    }

    @Override
    public Attempted run(AttackedMesh mesh, Instant end) throws IOException, InterruptedException {
      Random random = new Random(2);
      List<Socket> held = new ArrayList<>();
      long opened = 0;
      try {
        while (Instant.now().isBefore(end)) {
          InetSocketAddress port = mesh.fabric((int) (opened % mesh.agents()) + 1);
          Socket socket = new Socket();
          socket.bind(from(source(opened % 250)));
          try {
            socket.connect(port, 500);
            held.add(socket);
            byte[] noise = new byte[random.nextInt(1, 3_000)];
            random.nextBytes(noise);
            if (opened % 2 == 0) {
              // The length of a frame that never becomes whole.
              noise[0] = 0;
              noise[1] = 0x40;
            }
            socket.getOutputStream().write(noise);
          } catch (IOException refused) {
            socket.close();
          }
          opened++;
          if (held.size() > 100) {
            close(held);
          }
          Thread.sleep(Duration.ofMillis(5));
        }
      } finally {
        close(held);
      }
      int up = 0;
      int named = 0;
      for (JsonNode member : mesh.json(1, "/v1/members").path("members")) {
        named++;
        up += member.path("state").asText().equals("up") ? 1 : 0;
      }
      return Attempted.when(
          up == mesh.agents() && named == mesh.agents(),
          opened,
          up + " of " + named + " members up");
    }
  }
}
