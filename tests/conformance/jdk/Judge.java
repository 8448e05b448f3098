import java.io.ByteArrayInputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.xml.crypto.OctetStreamData;
import javax.xml.crypto.URIDereferencer;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** The JDK's own XMLDSig over unpacked containers: for each folder one word, valid or invalid. */
public final class Judge {
    private static final String XADES = "http://uri.etsi.org/01903/v1.3.2#";

    public static void main(String[] folders) throws Exception {
        for (String folder : folders) {
            System.out.println(holds(Path.of(folder)) ? "valid" : "invalid");
        }
    }

    private static boolean holds(Path folder) throws Exception {
        DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
        builders.setNamespaceAware(true);
        builders.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        Document document =
            builders.newDocumentBuilder().parse(folder.resolve("META-INF/signatures0.xml").toFile());
        Element signature = (Element) document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature").item(0);
        Element pem = (Element) signature.getElementsByTagNameNS(XMLSignature.XMLNS, "X509Certificate").item(0);
        byte[] der = Base64.getMimeDecoder().decode(pem.getTextContent());
        X509Certificate signer = (X509Certificate)
            CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        DOMValidateContext context = new DOMValidateContext(signer.getPublicKey(), signature);
        context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.TRUE);
        Element properties = (Element) signature.getElementsByTagNameNS(XADES, "SignedProperties").item(0);
        context.setIdAttributeNS(properties, null, "Id");
        XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
        URIDereferencer inside = factory.getURIDereferencer();
        context.setURIDereferencer((reference, where) -> {
            String uri = reference.getURI();
            if (uri.startsWith("#")) {
                return inside.dereference(reference, where);
            }
            try {
                Path file = folder.resolve(URLDecoder.decode(uri.replace("+", "%2B"), StandardCharsets.UTF_8));
                return new OctetStreamData(new ByteArrayInputStream(Files.readAllBytes(file)));
            } catch (java.io.IOException error) {
                throw new javax.xml.crypto.URIReferenceException(error);
            }
        });
        return factory.unmarshalXMLSignature(context).validate(context);
    }
}
