package io.llamamesh.operator.keys;

import java.net.URI;

/**
 * Options of the server that hands out keys.
 *
 * @param port TCP port on all addresses; 0 for any
 * @param url under which pods reach it, https
 * @param secretNamespace namespace of the Secret with its authority: the operator's own
 * @param secretName that Secret's name
 */
public record KeyServerOptions(int port, URI url, String secretNamespace, String secretName) {
  public KeyServerOptions {
    if (!"https".equals(url.getScheme()) || url.getHost() == null) {
      throw new IllegalArgumentException("must be https://HOST[:PORT], was " + url);
    }
  }

  /** Host of the URL, an address without brackets. */
  String host() {
    String host = url.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }
}
