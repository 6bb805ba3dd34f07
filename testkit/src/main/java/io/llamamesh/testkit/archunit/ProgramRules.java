package io.llamamesh.testkit.archunit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import com.tngtech.archunit.lang.ArchRule;
import java.net.InetSocketAddress;

/** Rules of ArchUnit for programs. Each is checked against the classes of one module. */
public final class ProgramRules {
  private ProgramRules() {}

  /**
   * Servers come from {@code io.llamamesh.http.BoundedHttpServer}: the JDK's own have no bounds.
   */
  public static ArchRule everyHttpServerIsBounded() {
    return noClasses()
        .should()
        .callMethod(HttpServer.class, "create", InetSocketAddress.class, int.class)
        .orShould()
        .callMethod(HttpServer.class, "create")
        .orShould()
        .callMethod(HttpsServer.class, "create", InetSocketAddress.class, int.class)
        .orShould()
        .callMethod(HttpsServer.class, "create")
        .because("BoundedHttpServer bounds connections, heads and times");
  }

  /**
   * The environment is read, and the process ended, in one package: all else is given what it
   * needs.
   *
   * @param main that package, as ArchUnit writes it
   */
  public static ArchRule onlyMainReadsTheEnvironmentOrExits(String main) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(main)
        .should()
        .callMethod(System.class, "getenv")
        .orShould()
        .callMethod(System.class, "getenv", String.class)
        .orShould()
        .callMethod(System.class, "exit", int.class);
  }

  /**
   * Nobody depends on the package that wires all others.
   *
   * @param main that package, as ArchUnit writes it
   */
  public static ArchRule nobodyImportsMain(String main) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(main)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(main);
  }
}
