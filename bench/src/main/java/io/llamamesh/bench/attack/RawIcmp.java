package io.llamamesh.bench.attack;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/** Sender of ICMP errors (RFC 792) about datagrams that a victim may have sent. */
final class RawIcmp implements AutoCloseable {

  private static final int AF_INET = 2;
  private static final int SOCK_RAW = 3;
  private static final int ICMP = 1;
  private static final int IP_HEADER = 20;
  private static final int UDP_HEADER = 8;
  private static final int ADDRESS_BYTES = 16;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle SOCKET =
      link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle SENDTO =
      link(
          "sendto",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle CLOSE =
      link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final int fd;
  private final InetAddress victim;

  private RawIcmp(int fd, InetAddress victim) {
    this.fd = fd;
    this.victim = victim;
  }

  private static MethodHandle link(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
  }

  /** Whether this process may have a raw socket. */
  static boolean isAllowed() {
    try (RawIcmp _ = open(InetAddress.getLoopbackAddress())) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Opens one.
   *
   * @param victim an IPv4 address
   * @throws IOException without the right to
   */
  static RawIcmp open(InetAddress victim) throws IOException {
    try {
      int fd = (int) SOCKET.invokeExact(AF_INET, SOCK_RAW, ICMP);
      if (fd < 0) {
        throw new IOException("no raw socket");
      }
      return new RawIcmp(fd, victim);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IOException(t);
    }
  }

  /** Says that nobody listens there. */
  void portUnreachable(int from, InetAddress to, int port, byte[] payload) throws IOException {
    send(3, 0, from, to, port, payload);
  }

  /** Says that the path takes packets of so many bytes only. */
  void tooBig(int from, InetAddress to, int port, byte[] payload, int mtu) throws IOException {
    send(4, mtu, from, to, port, payload);
  }

  private void send(int code, int rest, int from, InetAddress to, int port, byte[] payload)
      throws IOException {
    int udp = UDP_HEADER + payload.length;
    ByteBuffer message = ByteBuffer.allocate(8 + IP_HEADER + udp);
    message.put((byte) 3).put((byte) code).putShort((short) 0).putInt(rest);
    message.put((byte) 0x45).put((byte) 0).putShort((short) (IP_HEADER + udp));
    message.putShort((short) 0).putShort((short) 0x4000).put((byte) 60).put((byte) 17);
    message.putShort((short) 0).put(victim.getAddress()).put(to.getAddress());
    message.putShort(8 + 10, checksum(message.array(), 8, IP_HEADER));
    message.putShort((short) from).putShort((short) port);
    message.putShort((short) udp).putShort((short) 0).put(payload);
    message.putShort(2, checksum(message.array(), 0, message.capacity()));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(ADDRESS_BYTES, 4);
      address.set(JAVA_SHORT, 0, (short) AF_INET);
      MemorySegment.copy(victim.getAddress(), 0, address, JAVA_BYTE, 4, 4);
      MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, message.array());
      var _ =
          (long)
              SENDTO.invokeExact(fd, bytes, (long) message.capacity(), 0, address, ADDRESS_BYTES);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IOException(t);
    }
  }

  /** RFC 1071. */
  private static short checksum(byte[] bytes, int at, int length) {
    int sum = 0;
    for (int i = 0; i < length; i++) {
      sum += (bytes[at + i] & 0xff) << (i % 2 == 0 ? 8 : 0);
    }
    sum = (sum >>> 16) + (sum & 0xffff);
    return (short) ~(sum + (sum >>> 16));
  }

  @Override
  public void close() {
    try {
      var _ = (int) CLOSE.invokeExact(fd);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }
}
