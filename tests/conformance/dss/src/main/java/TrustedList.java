import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.tsl.TLInfo;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.client.http.DSSFileLoader;
import eu.europa.esig.dss.spi.tsl.TrustedListsCertificateSource;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.tsl.job.TLValidationJob;
import eu.europa.esig.dss.tsl.source.TLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.xml.common.SchemaFactoryBuilder;
import eu.europa.esig.trustedlist.TrustedListUtils;
import eu.europa.esig.xades.XAdES319132Utils;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import javax.xml.transform.Source;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;

/**
 * A trusted list under EU DSS, offline: LIST.xml SIGNER.pem [CONTAINER...]. It says what ETSI's schemas find wrong (those of
 * TS 119 612 v2.1.1 and v2.3.1, from DSS' own jars), whether the list's signature holds, how many certificates it trusts by
 * it, and what it then says of each container, with no other trust.
 */
public class TrustedList {
    public static void main(String[] words) throws Exception {
        File list = new File(words[0]);
        System.out.println("schema-2.1.1 " + judgedBy("/xsd/ts_119612v020101_xsd.xsd", list));
        System.out.println("schema-2.3.1 " + judgedBy("/xsd/ts_119612v020301_xsd.xsd", list));

        TrustedListsCertificateSource trusted = new TrustedListsCertificateSource();
        TLInfo told = load(list, new File(words[1]), trusted);
        System.out.println("parsed " + told.getParsingCacheInfo().isSynchronized() + " " + told.getParsingCacheInfo().getExceptionMessage());
        System.out.println("signature " + told.getValidationCacheInfo().getIndication() + " " + told.getValidationCacheInfo().getSubIndication());
        System.out.println("services " + told.getParsingCacheInfo().getTSNumber() + " certificates " + trusted.getNumberOfCertificates());
        for (int i = 2; i < words.length; i++) System.out.println(judged(new File(words[i]), trusted));
        System.exit(0); // the job's threads would wait a minute for more work
    }

    private static String judgedBy(String schema, File list) throws Exception {
        // EN 319 132-1's schema of XAdES: the one before it does not know SigningCertificateV2.
        List<Source> sources = new ArrayList<>(XAdES319132Utils.getInstance().getXSDSources());
        for (String name : new String[] {schema, "/xsd/ts_119612v020101_sie_xsd.xsd", "/xsd/ts_119612v020101_additionaltypes_xsd.xsd"})
            sources.add(new StreamSource(TrustedListUtils.class.getResourceAsStream(name)));
        Schema made = SchemaFactoryBuilder.getSecureSchemaBuilder().build().newSchema(sources.toArray(new Source[0]));
        try {
            made.newValidator().validate(new StreamSource(list));
            return "0 []";
        } catch (org.xml.sax.SAXException error) {
            return "1 [" + error.getMessage() + "]";
        }
    }

    private static TLInfo load(File list, File signer, TrustedListsCertificateSource trusted) {
        CommonTrustedCertificateSource pinned = new CommonTrustedCertificateSource();
        pinned.addCertificate(DSSUtils.loadCertificate(signer));
        TLSource source = new TLSource();
        source.setUrl("file:list");
        source.setCertificateSource(pinned);
        TLValidationJob job = new TLValidationJob();
        job.setTrustedListSources(source);
        job.setOfflineDataLoader(new Loaded(list));
        job.setTrustedListCertificateSource(trusted);
        job.offlineRefresh();
        return job.getSummary().getOtherTLInfos().get(0);
    }

    private static String judged(File container, TrustedListsCertificateSource trusted) {
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(trusted);
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(container));
        validator.setCertificateVerifier(verifier);
        SimpleReport report = validator.validateDocument().getSimpleReport();
        String id = report.getFirstSignatureId();
        return container.getName() + " " + report.getSignatureFormat(id) + " " + report.getIndication(id) + " " + report.getSubIndication(id);
    }

    /** Gives the one file, whatever is asked for. */
    private static class Loaded implements DSSFileLoader {
        private final File file;

        Loaded(File file) { this.file = file; }

        @Override
        public DSSDocument getDocument(String url) { return new FileDocument(file); }

        public boolean remove(String url) { return true; }
    }
}
