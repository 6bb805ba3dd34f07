package io.llamamesh.agent.net;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A destination, prepared once and then used for every datagram to it. */
public final class Remote {

  private final InetSocketAddress address;
  private final long high;
  private final long low;
  private final int port;

  @SuppressWarnings("unused") // keeps alive what nativePointer points to
  private @Nullable MemorySegment nativeAddress;

  private long nativePointer;
  private int nativeBytes;

  /**
   * A destination.
   *
   * @throws IllegalArgumentException when the host name is not resolved
   */
  public Remote(InetSocketAddress address) {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("not resolved: " + address);
    }
    this.address = address;
    this.high = Ip.high(address.getAddress());
    this.low = Ip.low(address.getAddress());
    this.port = address.getPort();
  }

  /** Address and port. */
  public InetSocketAddress address() {
    return address;
  }

  /** Upper half of the address, as {@link Ip} has it. */
  public long high() {
    return high;
  }

  /** Lower half of the address. */
  public long low() {
    return low;
  }

  /** Returns whether it is an IPv4 address. */
  public boolean isV4() {
    return Ip.isV4(high, low);
  }

  /** The port. */
  public int port() {
    return port;
  }

  /**
   * Address of the system's form of it; 0 until it is set. A plain number, since an object would be
   * dereferenced for each datagram, and of many destinations none is in the caches.
   */
  long nativePointer() {
    return nativePointer;
  }

  /** Length of that form. */
  int nativeBytes() {
    return nativeBytes;
  }

  /** Keeps the system's form of it for as long as this lives. */
  void nativeAddress(MemorySegment value, int bytes) {
    nativeAddress = value;
    nativePointer = value.address();
    nativeBytes = bytes;
  }

  @Override
  public String toString() {
    return address.toString();
  }
}
