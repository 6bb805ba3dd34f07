package io.llamamesh.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llamamesh.testkit.archunit.ProgramRules;

@AnalyzeClasses(
    packages = "io.llamamesh.agent",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.llamamesh.agent.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theEngineImportsOnlyJava =
      classes()
          .that()
          .resideInAnyPackage("..agent.net", "..agent.wire", "..agent.reflector")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "org.jspecify.annotations",
              "io.llamamesh.agent.net",
              "io.llamamesh.agent.wire",
              "io.llamamesh.agent.reflector");

  @ArchTest
  static final ArchRule theCollectorAddsOnlyHistograms =
      classes()
          .that()
          .resideInAPackage("..agent.collector")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "org.jspecify.annotations",
              "org.HdrHistogram",
              "io.llamamesh.agent.net",
              "io.llamamesh.agent.wire",
              "io.llamamesh.agent.window",
              "io.llamamesh.agent.collector");

  @ArchTest
  static final ArchRule windowsImportOnlyJava =
      classes()
          .that()
          .resideInAPackage("..agent.window")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "org.jspecify.annotations", "io.llamamesh.agent.window");

  @ArchTest
  static final ArchRule windowsDoNoIo =
      noClasses()
          .that()
          .resideInAPackage("..agent.window")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.net..", "java.nio..", "java.io..");

  @ArchTest
  static final ArchRule keysKnowNeitherWhatIsMeasuredNorWhoAsks =
      noClasses()
          .that()
          .resideInAPackage("..agent.auth")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..agent.collector",
              "..agent.window",
              "..agent.points",
              "..agent.store",
              "..agent.config",
              "..agent.kube",
              "..agent.http");

  @ArchTest
  static final ArchRule whatReadsWindowsKnowsNoCollector =
      noClasses()
          .that()
          .resideInAnyPackage("..agent.points", "..agent.store")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("..agent.collector");

  @ArchTest
  static final ArchRule netAndWireKnowNothingElseOfOurs =
      noClasses()
          .that()
          .resideInAnyPackage("..agent.net", "..agent.wire")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..agent.reflector", "..agent.collector", "..agent.http");

  @ArchTest
  static final ArchRule theBigKubernetesClientStaysOut =
      noClasses()
          .that()
          .resideInAPackage("io.llamamesh.agent..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.fabric8..");

  @ArchTest
  static final ArchRule onlyWhatReadsOrWritesDocumentsKnowsJackson =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "..agent.config", "..agent.kube", "..agent.http", "..agent.store", "..agent.burst")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.fasterxml..");

  @ArchTest
  static final ArchRule pointsKnowNeitherHttpNorFiles =
      noClasses()
          .that()
          .resideInAPackage("..agent.points")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..agent.http", "..agent.store", "..agent.config", "java.net..", "java.nio.file..");

  @ArchTest
  static final ArchRule everyHttpServerIsBounded = ProgramRules.everyHttpServerIsBounded();

  @ArchTest
  static final ArchRule onlyMainReadsTheEnvironmentOrExits =
      ProgramRules.onlyMainReadsTheEnvironmentOrExits("..agent.main");

  @ArchTest
  static final ArchRule nobodyImportsMain = ProgramRules.nobodyImportsMain("..agent.main");
}
