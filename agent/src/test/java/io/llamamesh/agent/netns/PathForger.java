package io.llamamesh.agent.netns;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.Slots;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Forger on the path between two hosts (a packet socket, see packet(7)), who sees each probe before
 * it can be dropped and answers it at once with forgeries that have the peer's address and port.
 */
final class PathForger implements AutoCloseable {

  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;
  private static final short ETH_P_ALL = 0x0300; // in network order
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final int WAIT_MICROS = 200_000;
  private static final int ETHERNET = 14;
  private static final int UDP = 17;
  private static final int UDP_HEADER = 8;
  private static final int LONGEST = 9216;

  private static final int AT_KEY = 7;
  private static final int AT_MAC = 56;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle SOCKET =
      link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle BIND =
      link("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle SETSOCKOPT =
      link(
          "setsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle RECV =
      link("recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SEND =
      link("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE =
      link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  /** Kind of a forged answer; the MAC is the request's, none, or a wrong one. */
  enum Kind {
    /** As LLAMA's reflector sends it: the probe itself. */
    ECHO,
    /** A reply of ours, in time. */
    REPLY,
    /** A reply that says that its reflector is about to stop. */
    GOODBYE,
    /** A reply by which the reflector dropped all other probes itself. */
    DROPS,
    /** A reply by which the reflector stood still. */
    STALLED,
    /** A reply that was cut on its way. */
    SHORT;

    private byte[] of(byte[] probe, int slots, long number) {
      byte[] forged = this == SHORT ? Arrays.copyOf(probe, probe.length - 30) : probe.clone();
      if (this == ECHO) {
        return forged;
      }
      ByteBuffer bytes = ByteBuffer.wrap(forged);
      int flags =
          switch (this) {
            case GOODBYE -> Slots.FLAG_DRAINING;
            case STALLED -> Slots.FLAG_REFLECTOR_STALLED;
            default -> 0;
          };
      Slots.reply(bytes, slots, flags | Slots.FLAG_KERNEL_STAMP, 0);
      Slots.receivedAt(bytes, slots, 1_000_000);
      Slots.sentAt(bytes, slots, 1_001_000);
      Slots.flow(bytes, slots, 1, 0, 0);
      int drops = this == DROPS ? (int) number : 0;
      Slots.reflector(bytes, slots, 77, drops, drops, drops);
      switch ((int) number % 3) {
        case 0 -> {
          // the request's own
        }
        case 1 -> {
          bytes.put(slots + AT_KEY, (byte) 0);
          bytes.putLong(slots + AT_MAC, 0);
        }
        default -> bytes.putLong(slots + AT_MAC, 0x9e3779b97f4a7c15L * number);
      }
      return forged;
    }
  }

  private final int fd;
  private final int port;
  private final Thread thread;
  private final Map<Kind, AtomicLong> sent = new EnumMap<>(Kind.class);
  private final Map<Integer, byte[]> newest = new ConcurrentHashMap<>();
  private final ProbeParser parser = new ProbeParser();
  private volatile boolean running = true;
  private long number;

  private static MethodHandle link(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
  }

  /**
   * Begins to see and to forge.
   *
   * @param at on the path
   * @param link interface through which probes come and answers go
   * @param port of the reflector
   */
  PathForger(Namespace at, String link, int port) {
    this.port = port;
    this.fd = at.call(() -> open(NetworkInterface.getByName(link).getIndex()));
    for (Kind kind : Kind.values()) {
      sent.put(kind, new AtomicLong());
    }
    this.thread = Thread.ofPlatform().name("path-forger").daemon(true).start(this::run);
  }

  private static int open(int link) {
    try (Arena arena = Arena.ofConfined()) {
      int opened = (int) SOCKET.invokeExact(AF_PACKET, SOCK_RAW, (int) ETH_P_ALL);
      MemorySegment address = arena.allocate(20, 4);
      address.set(JAVA_SHORT, 0, (short) AF_PACKET);
      address.set(JAVA_SHORT, 2, ETH_P_ALL);
      address.set(JAVA_INT, 4, link);
      MemorySegment wait = arena.allocate(16, 8);
      wait.set(JAVA_LONG, 8, WAIT_MICROS);
      int bound = opened < 0 ? opened : (int) BIND.invokeExact(opened, address, 20);
      int set =
          bound < 0
              ? bound
              : (int) SETSOCKOPT.invokeExact(opened, SOL_SOCKET, SO_RCVTIMEO, wait, 16);
      if (set != 0) {
        throw new IllegalStateException("no packet socket");
      }
      return opened;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }

  private void run() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(LONGEST, 8);
      while (running) {
        long length = (long) RECV.invokeExact(fd, buffer, (long) LONGEST, 0);
        if (length > ETHERNET + 40) {
          byte[] frame = new byte[(int) length];
          MemorySegment.copy(buffer, JAVA_BYTE, 0, frame, 0, frame.length);
          seen(frame, buffer);
        }
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }

  private void seen(byte[] frame, MemorySegment buffer) throws Throwable {
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    boolean v4 = bytes.getShort(12) == 0x0800;
    if (!v4 && bytes.getShort(12) != (short) 0x86dd) {
      return;
    }
    int udp = ETHERNET + (v4 ? 20 : 40);
    if (bytes.get(ETHERNET + (v4 ? 9 : 6)) != UDP || bytes.getShort(udp + 2) != (short) port) {
      return;
    }
    int end = udp + (bytes.getShort(udp + 4) & 0xffff);
    byte[] probe = Arrays.copyOfRange(frame, udp + UDP_HEADER, end);
    if (!parser.tryParse(ByteBuffer.wrap(probe), 0, probe.length) || !parser.hasSlots()) {
      return;
    }
    newest.put(bytes.getShort(udp) & 0xffff, probe);
    Kind[] kinds = Kind.values();
    for (int i = 0; i < kinds.length / 2; i++) {
      Kind kind = kinds[(int) (number++ % kinds.length)];
      byte[] answer = answer(frame, v4, kind.of(probe, parser.slotsAt(), number));
      MemorySegment.copy(answer, 0, buffer, JAVA_BYTE, 0, answer.length);
      long written = (long) SEND.invokeExact(fd, buffer, (long) answer.length, 0);
      if (written == answer.length) {
        sent.get(kind).incrementAndGet();
      }
    }
  }

  /** A frame with this payload that goes the other way. */
  private static byte[] answer(byte[] frame, boolean v4, byte[] payload) {
    int udp = ETHERNET + (v4 ? 20 : 40);
    ByteBuffer bytes = ByteBuffer.allocate(udp + UDP_HEADER + payload.length);
    bytes.put(0, frame, 0, udp);
    swap(bytes, 0, 6);
    int length = UDP_HEADER + payload.length;
    if (v4) {
      swap(bytes, ETHERNET + 12, 4);
      bytes.putShort(ETHERNET + 2, (short) (20 + length));
      bytes.putShort(ETHERNET + 10, (short) 0);
      bytes.putShort(ETHERNET + 10, checksum(bytes, ETHERNET, 20, 0));
    } else {
      swap(bytes, ETHERNET + 8, 16);
      bytes.putShort(ETHERNET + 4, (short) length);
    }
    bytes.put(udp, frame, udp + 2, 2).put(udp + 2, frame, udp, 2);
    bytes.putShort(udp + 4, (short) length);
    bytes.put(udp + UDP_HEADER, payload);
    int addresses = ETHERNET + (v4 ? 12 : 8);
    // Of the pseudo header the addresses stand before the datagram; the rest is added.
    int span = udp + length - addresses;
    bytes.putShort(udp + 6, checksum(bytes, addresses, span, UDP + length));
    return bytes.array();
  }

  private static void swap(ByteBuffer bytes, int at, int length) {
    byte[] first = new byte[length];
    byte[] second = new byte[length];
    bytes.get(at, first).get(at + length, second);
    bytes.put(at, second).put(at + length, first);
  }

  /** RFC 1071. */
  private static short checksum(ByteBuffer bytes, int at, int length, int more) {
    int sum = more;
    for (int i = 0; i < length; i++) {
      sum += (bytes.get(at + i) & 0xff) << (i % 2 == 0 ? 8 : 0);
    }
    sum = (sum >>> 16) + (sum & 0xffff);
    return (short) ~(sum + (sum >>> 16));
  }

  /** Forged answers of a kind that were sent. */
  long sent(Kind kind) {
    return sent.get(kind).get();
  }

  /** The newest probe that was seen of a source port, with a wrong MAC; empty before. */
  byte[] quote(int sourcePort) {
    byte[] probe = newest.get(sourcePort);
    if (probe == null) {
      return new byte[0];
    }
    byte[] quote = probe.clone();
    ProbeParser own = new ProbeParser();
    if (own.tryParse(ByteBuffer.wrap(quote), 0, quote.length) && own.hasSlots()) {
      quote[own.slotsAt() + AT_MAC] ^= 0x55;
    }
    return quote;
  }

  @Override
  public void close() {
    running = false;
    try {
      var _ = thread.join(Duration.ofSeconds(5));
      var _ = (int) CLOSE.invokeExact(fd);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }
}
