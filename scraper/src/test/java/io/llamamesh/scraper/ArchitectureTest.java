package io.llamamesh.scraper;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.sun.net.httpserver.HttpServer;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.net.InetSocketAddress;

/** Who may know whom. */
@AnalyzeClasses(
    packages = "io.llamamesh.scraper",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest
  static final ArchRule packagesFormNoCycles =
      slices().matching("io.llamamesh.scraper.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyTheClusterKnowsKubernetes =
      noClasses()
          .that()
          .resideOutsideOfPackages("..scraper.cluster..", "..scraper.main..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.fabric8..");

  @ArchTest
  static final ArchRule theAnalysisIsPure =
      noClasses()
          .that()
          .resideInAnyPackage("..scraper.analysis..", "..scraper.matrix..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.io..",
              "java.net..",
              "java.nio.file..",
              "java.util.concurrent..",
              "org.slf4j..",
              "..scraper.pull..",
              "..scraper.store..",
              "..scraper.cluster..",
              "..scraper.web..");

  @ArchTest
  static final ArchRule everyHttpServerIsBounded =
      noClasses()
          .should()
          .callMethod(HttpServer.class, "create", InetSocketAddress.class, int.class)
          .orShould()
          .callMethod(HttpServer.class, "create");

  @ArchTest
  static final ArchRule onlyMainReadsTheEnvironmentOrExits =
      noClasses()
          .that()
          .resideOutsideOfPackage("..scraper.main..")
          .should()
          .callMethod(System.class, "getenv")
          .orShould()
          .callMethod(System.class, "getenv", String.class)
          .orShould()
          .callMethod(System.class, "exit", int.class);

  @ArchTest
  static final ArchRule nobodyKnowsAgentOrOperator =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.llamamesh.agent..", "io.llamamesh.operator..");
}
