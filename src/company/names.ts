/** What are people, departments and shops of Quillmarsh Stores called? Invented; the domains are reserved ones (RFC 2606). */

export const COMPANY = 'Quillmarsh Stores';
export const DOMAIN = 'quillmarsh.example';
export const PARTNERS = ['northgate-freight.example', 'pixelwright.example', 'ledgerline-audit.example'] as const;

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const FIRST_NAMES = words(`
  Aaliyah Adam Adriana Aisha Alejandro Amara Amir Ana Anders Anika Antonio Aoife Asha Astrid Ayumi Beatriz Bilal Bogdan
  Camille Carlos Carmen Chen Chidi Chloe Claire Daniel Daria David Diego Dmitri Eleni Elif Emeka Emil Emma Erik Esther
  Fatima Felix Fiona Francesca Gabriel Giulia Hana Hanna Hassan Helga Hiroshi Hugo Ibrahim Imani Ines Ingrid Isla Ivan
  Jakub Jasmine Javier Jelena Johan Jonas Joao Julia Kamala Karim Katarina Kenji Kofi Kwame Lars Layla Leila Leo Liam
  Lina Linh Lucia Luka Magnus Malik Marek Maria Marta Mateo Mei Mehmet Mila Milan Mohammed Nadia Naomi Nia Nikolai Nina
  Noah Nora Odette Oluwaseun Omar Oscar Otto Padma Paolo Pavel Petra Priya Rafael Rania Ravi Rosa Ruth Samira Sanjay
  Sara Sebastian Selma Sofia Soren Stefan Sunita Tamar Tariq Tess Thandi Theo Thomas Tomasz Uchenna Valentina Vera
  Viktor Wanjiru Wei Willem Xavier Yara Yasmin Yusuf Zainab Zoe Zuzanna`);

export const LAST_NAMES = words(`
  Abebe Adeyemi Ahmed Akhtar Almeida Andersson Appiah Bakker Banerjee Baptiste Barros Becker Bello Bergstrom Bianchi
  Bjork Boateng Bondarenko Brennan Byrne Campbell Castillo Chandra Chaudhry Cohen Conti Costa Cruz Dahl Dang Delgado
  Demir Diallo Dimitrov Dubois Dvorak Eriksen Esposito Farah Fernandez Ferrari Fischer Fofana Fontaine Garcia Georgiou
  Gomez Greene Gupta Haddad Hall Hansen Hashimoto Hernandez Hoang Horvat Hughes Ito Iyer Jansen Jensen Kaplan Karlsson
  Kaur Keita Khan Kim Kovac Kowalski Kruger Larsen Laurent Lehmann Lindqvist Lopez MacLeod Mahlangu Malhotra Marino
  Martin Mbeki Mendes Menon Mensah Meyer Molina Moreau Moreno Morgan Mukherjee Mutua Nakamura Navarro Ndiaye Nguyen
  Nilsen Novak Nwosu Okafor Okeke Olsen Ortiz Osei Ozturk Papadopoulos Park Patel Pereira Petrov Popescu Quinn Ramos
  Rao Reyes Ricci Rossi Ruiz Saito Salazar Santos Sato Schmidt Sharma Silva Singh Sorensen Suzuki Svensson Takahashi
  Tanaka Torres Traore Turner Usman Vargas Vasquez Verma Visser Volkov Wagner Walsh Wang Weber Wilson Wojcik Yamamoto
  Yilmaz Young Zhang Zimmermann`);

/** Department, its share of the staff in percent, and its job titles. */
export const DEPARTMENTS = [
  { name: 'Stores', share: 46, titles: ['Store Manager', 'Shift Lead', 'Sales Assistant', 'Stock Controller'] },
  { name: 'Logistics', share: 16, titles: ['Warehouse Operator', 'Transport Planner', 'Depot Manager'] },
  {
    name: 'Information Technology',
    share: 11,
    titles: ['Systems Engineer', 'Service Desk Analyst', 'Platform Engineer'],
  },
  { name: 'Digital', share: 8, titles: ['Software Developer', 'Product Owner', 'Data Analyst', 'UX Designer'] },
  { name: 'Finance', share: 6, titles: ['Accountant', 'Financial Controller', 'Payroll Specialist'] },
  { name: 'People', share: 4, titles: ['HR Partner', 'Recruiter', 'Training Coordinator'] },
  { name: 'Marketing', share: 5, titles: ['Campaign Manager', 'Copywriter', 'Brand Manager'] },
  { name: 'Security', share: 4, titles: ['Security Analyst', 'Identity Engineer', 'Incident Responder'] },
] as const;

/** Ten role-assignable groups: they may hold Entra roles. */
export const ROLE_ASSIGNABLE_GROUPS = [
  'Helpdesk Operators',
  'Identity Engineers',
  'Security Operations',
  'Messaging Administrators',
  'Collaboration Administrators',
  'Endpoint Administrators',
  'Application Owners Council',
  'Compliance Officers',
  'Licence Desk',
  'Network Operations',
] as const;

/** Groups whose members a rule or an on-premises directory decides: never managed by PIM. */
export const DYNAMIC_GROUPS = ['All Store Staff', 'All Guests', 'All Logistics Staff', 'All Managers'] as const;
export const SYNCHRONIZED_GROUPS = [
  'HQ File Share Readers',
  'HQ File Share Editors',
  'Till Operators',
  'VPN Users',
] as const;
/** Microsoft 365 groups: no security groups, so they hold no Azure roles. */
export const UNIFIED_GROUPS = ['Spring Campaign', 'Store Openings', 'Sustainability Circle', 'Works Council'] as const;

export const SECURITY_GROUPS = [
  'Retail Platform Team',
  'Retail Web Developers',
  'Retail Web Operators',
  'Loyalty Programme Team',
  'Checkout Developers',
  'Checkout Operators',
  'Supply Chain Developers',
  'Supply Chain Operators',
  'Warehouse Robotics',
  'Fleet Telemetry',
  'Data Platform Engineers',
  'Data Scientists',
  'Business Intelligence Readers',
  'Finance Systems',
  'Payroll Systems',
  'HR Systems',
  'Marketing Automation',
  'Store Network Engineers',
  'Point of Sale Support',
  'Cloud Centre of Excellence',
  'Cloud Cost Watch',
  'Key Custodians',
  'Backup Operators',
  'Database Administrators',
  'Kubernetes Operators',
  'Release Managers',
  'Incident Commanders',
  'Penetration Testers',
  'Audit Readers',
  'Contractors: Web',
  'Contractors: Logistics',
  'Sandbox Explorers',
  'Architecture Board',
  'Integration Developers',
  'API Platform Team',
  'Observability Team',
  'Regional IT North',
  'Regional IT South',
] as const;

export const SERVICE_PRINCIPALS = words(`
  access-reporting-robot deploy-retail-web deploy-retail-api deploy-logistics deploy-data-platform terraform-platform
  backup-vault-writer loyalty-sync erp-connector payroll-export price-feed store-telemetry fleet-tracker mail-relay
  hr-provisioning siem-collector cost-reporter licence-auditor incident-bot status-page search-indexer image-resizer
  fraud-scoring warehouse-planner partner-portal`);

export const MANAGED_IDENTITIES = words(`
  id-retail-web-prod id-retail-web-test id-retail-api-prod id-checkout-prod id-checkout-test id-loyalty-prod
  id-logistics-prod id-logistics-test id-robotics-prod id-telemetry-prod id-datalake-prod id-reports-prod id-aks-prod
  id-aks-test id-backup-prod`);

export const ADMINISTRATIVE_UNITS = [
  'Stores North',
  'Stores South',
  'Stores East',
  'Stores West',
  'Logistics Centres',
  'Headquarters',
  'Guests and Partners',
  'Shared Devices',
] as const;
