package io.llamamesh.agent.netns;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** Sends ICMP errors about datagrams that a victim may have sent, from a raw socket. */
final class IcmpForger implements AutoCloseable {

  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_RAW = 3;
  private static final int ICMP = 1;
  private static final int ICMPV6 = 58;
  private static final int UDP = 17;
  private static final int UDP_HEADER = 8;
  private static final int V6_ADDRESS = 28;
  private static final int V4_ADDRESS = 16;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle SOCKET =
      link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle SENDTO =
      link(
          "sendto",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));

  private final Namespace host;
  private final boolean v4;
  private final int fd;

  private static MethodHandle link(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
  }

  /** One that sends from a host, over the IP version of the victim. */
  IcmpForger(Namespace host, InetAddress victim) {
    this.host = host;
    this.v4 = victim instanceof Inet4Address;
    this.fd = host.call(() -> open(v4));
  }

  private static int open(boolean v4) {
    try {
      int opened = (int) SOCKET.invokeExact(v4 ? AF_INET : AF_INET6, SOCK_RAW, v4 ? ICMP : ICMPV6);
      if (opened < 0) {
        throw new IllegalStateException("no raw socket");
      }
      return opened;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }

  /** Says that nobody listens there, quoting a datagram with this payload. */
  void portUnreachable(InetSocketAddress victim, InetSocketAddress to, byte[] payload) {
    send(victim, v4 ? 3 : 1, v4 ? 3 : 4, 0, quote(victim, to, payload));
  }

  /** Says that the datagram does not fit a path that takes packets of so many bytes. */
  void tooBig(InetSocketAddress victim, InetSocketAddress to, byte[] payload, int mtu) {
    send(victim, v4 ? 3 : 2, v4 ? 4 : 0, mtu, quote(victim, to, payload));
  }

  private byte[] quote(InetSocketAddress from, InetSocketAddress to, byte[] payload) {
    int udp = UDP_HEADER + payload.length;
    ByteBuffer packet = ByteBuffer.allocate((v4 ? 20 : 40) + udp);
    if (v4) {
      packet.put((byte) 0x45).put((byte) 0).putShort((short) (20 + udp));
      packet.putShort((short) 0).putShort((short) 0x4000).put((byte) 60).put((byte) UDP);
      packet.putShort((short) 0);
    } else {
      packet.putInt(0x60000000).putShort((short) udp).put((byte) UDP).put((byte) 60);
    }
    packet.put(from.getAddress().getAddress()).put(to.getAddress().getAddress());
    if (v4) {
      packet.putShort(10, checksum(packet.array(), 20));
    }
    packet.putShort((short) from.getPort()).putShort((short) to.getPort());
    return packet.putShort((short) udp).putShort((short) 0).put(payload).array();
  }

  private void send(InetSocketAddress victim, int type, int code, int rest, byte[] quote) {
    ByteBuffer message = ByteBuffer.allocate(8 + quote.length);
    message.put((byte) type).put((byte) code).putShort((short) 0).putInt(rest).put(quote);
    if (v4) {
      message.putShort(2, checksum(message.array(), message.capacity()));
    } // that of ICMPv6 the kernel writes
    byte[] address = victim.getAddress().getAddress();
    var _ = host.call(() -> send(message.array(), address));
  }

  private long send(byte[] message, byte[] address) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment to = arena.allocate(V6_ADDRESS, 8);
      to.set(JAVA_SHORT, 0, (short) (v4 ? AF_INET : AF_INET6));
      MemorySegment.copy(address, 0, to, JAVA_BYTE, v4 ? 4 : 8, address.length);
      long sent =
          (long)
              SENDTO.invokeExact(
                  fd,
                  arena.allocateFrom(JAVA_BYTE, message),
                  (long) message.length,
                  0,
                  to,
                  v4 ? V4_ADDRESS : V6_ADDRESS);
      if (sent != message.length) {
        throw new IllegalStateException("not sent");
      }
      return sent;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }

  /** RFC 1071. */
  private static short checksum(byte[] bytes, int length) {
    int sum = 0;
    for (int i = 0; i < length; i++) {
      sum += (bytes[i] & 0xff) << (i % 2 == 0 ? 8 : 0);
    }
    sum = (sum >>> 16) + (sum & 0xffff);
    return (short) ~(sum + (sum >>> 16));
  }

  @Override
  public void close() {
    try {
      var _ = (int) CLOSE.invokeExact(fd);
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }
}
