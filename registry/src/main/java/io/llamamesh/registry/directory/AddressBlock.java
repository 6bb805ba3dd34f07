package io.llamamesh.registry.directory;

import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * A block of addresses, as {@code 10.0.0.0/8}.
 *
 * @param first an address in it; bits beyond {@code bits} are ignored
 * @param bits how many leading bits all its addresses share
 */
public record AddressBlock(InetAddress first, int bits) {

  /**
   * Reads {@code 10.0.0.0/8}, {@code fd00::/8}, or a single address.
   *
   * @throws IllegalArgumentException where the text is none of these, naming it
   */
  public static AddressBlock parse(String text) {
    int slash = text.indexOf('/');
    InetAddress address = IpAddresses.parse(slash < 0 ? text : text.substring(0, slash));
    if (address != null) {
      int size = address.getAddress().length * Byte.SIZE;
      String length = slash < 0 ? Integer.toString(size) : text.substring(slash + 1);
      if (length.matches("[0-9]{1,3}") && Integer.parseInt(length) <= size) {
        return new AddressBlock(address, Integer.parseInt(length));
      }
    }
    throw new IllegalArgumentException("'" + text + "' is no block such as 10.0.0.0/8");
  }

  /** True when an address lies in it; one of the other family never does. */
  public boolean contains(InetAddress address) {
    if (address instanceof Inet4Address != first instanceof Inet4Address) {
      return false;
    }
    byte[] ours = first.getAddress();
    byte[] theirs = address.getAddress();
    for (int i = 0; i * Byte.SIZE < bits; i++) {
      int shared = Math.min(Byte.SIZE, bits - i * Byte.SIZE);
      int mask = 0xff << (Byte.SIZE - shared) & 0xff;
      if (((ours[i] ^ theirs[i]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return first.getHostAddress() + "/" + bits;
  }
}
