package io.llamamesh.agent.main;

/** Whoever runs a command, for logs and status of what it begins elsewhere. */
final class Asker {

  private static final int LONGEST = 100;

  private Asker() {}

  /** Name of the user and this host, as far as they are known. */
  static String name() {
    String user = System.getProperty("user.name", "");
    String host = HostName.find();
    String name = (user.isBlank() ? "somebody" : user) + (host == null ? "" : "@" + host);
    String plain = name.replaceAll("\\p{Cntrl}", "?");
    return plain.length() > LONGEST ? plain.substring(0, LONGEST) : plain;
  }
}
